// Outsider checks what a log proves with nothing of the log's own: Go's standard library, and the
// packages with which Go's module tools check their checksum database.
//
// Standard input has one claim a line, as `inrete proof --json` prints it, with an id beside. For each,
// standard output gets one line: the id, whether the claim holds, and if not, which check failed and
// why.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// claim says that a record is in a log's tree, and, with the last three, that the tree continues an
// older one. Pointers and nil slices tell what is absent from what is zero or empty.
type claim struct {
	ID          int64  `json:"id"`
	Vkey        string `json:"vkey"`
	Note        []byte `json:"note"`
	Record      []byte `json:"record"`
	Index       *int64 `json:"index"`
	Inclusion   []hash `json:"inclusion"`
	OldSize     *int64 `json:"oldSize"`
	OldRoot     *hash  `json:"oldRoot"`
	Consistency []hash `json:"consistency"`
}

type verdict struct {
	ID     int64  `json:"id"`
	OK     bool   `json:"ok"`
	Check  string `json:"check,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// failure is the check that failed, and why.
type failure struct {
	check string
	err   error
}

// hash is 64 hex digits in JSON.
type hash tlog.Hash

func (h *hash) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(h)) {
		return fmt.Errorf("a hash has %d hex digits", hex.EncodedLen(len(h)))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

func hashes(from []hash) []tlog.Hash {
	all := make([]tlog.Hash, len(from))
	for i, h := range from {
		all[i] = tlog.Hash(h)
	}
	return all
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(from io.Reader, to io.Writer) error {
	lines, answers := bufio.NewReader(from), bufio.NewWriter(to)
	out := json.NewEncoder(answers)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if len(bytes.TrimSpace(line)) > 0 {
			if err := out.Encode(judge(line)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return answers.Flush()
		}
	}
}

func judge(line []byte) verdict {
	var c claim
	failed := parse(line, &c)
	if failed == nil {
		failed = c.check()
	}
	if failed != nil {
		return verdict{ID: c.ID, Check: failed.check, Reason: failed.err.Error()}
	}
	return verdict{ID: c.ID, OK: true}
}

func parse(line []byte, c *claim) *failure {
	if err := json.Unmarshal(line, c); err != nil {
		return &failure{"claim", err}
	}
	if c.Vkey == "" || c.Note == nil || c.Record == nil || c.Index == nil || c.Inclusion == nil {
		return &failure{"claim", errors.New("something is absent")}
	}
	older := c.OldSize != nil
	if older != (c.OldRoot != nil) || older != (c.Consistency != nil) {
		return &failure{"claim", errors.New("something about the older tree is absent")}
	}
	return nil
}

func (c *claim) check() *failure {
	verifier, err := note.NewVerifier(c.Vkey)
	if err != nil {
		return &failure{"key", err}
	}
	opened, err := note.Open(c.Note, note.VerifierList(verifier))
	if err != nil {
		return &failure{"note", err}
	}
	tree, err := checkpoint(opened.Text, verifier.Name())
	if err != nil {
		return &failure{"checkpoint", err}
	}
	record := tlog.RecordHash(c.Record)
	err = tlog.CheckRecord(hashes(c.Inclusion), tree.N, tree.Hash, *c.Index, record)
	if err != nil {
		return &failure{"record", err}
	}
	if c.OldSize == nil {
		return nil
	}
	old := tlog.Hash(*c.OldRoot)
	err = tlog.CheckTree(hashes(c.Consistency), tree.N, tree.Hash, *c.OldSize, old)
	if err != nil {
		return &failure{"continuation", err}
	}
	return nil
}

// checkpoint reads what c2sp.org/tlog-checkpoint describes: a line each for the origin, which is the
// key's name, the size and the root; lines after those mean nothing here. It is tlog.ParseTree, which
// knows one origin only, for any.
func checkpoint(text, origin string) (tlog.Tree, error) {
	var tree tlog.Tree
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return tree, errors.New("not three lines")
	}
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			return tree, errors.New("an empty line")
		}
	}
	if lines[0] != origin {
		return tree, fmt.Errorf("the origin is %q, the key is for %q", lines[0], origin)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || lines[1] != strconv.FormatInt(size, 10) {
		return tree, fmt.Errorf("%q is no size", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tree, fmt.Errorf("%q is no root", lines[2])
	}
	tree.N = size
	copy(tree.Hash[:], root)
	return tree, nil
}
