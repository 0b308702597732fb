// An identity provider that lies as it is told. A line is merged into what it says:
// {"claims": {…}} into the claims of its tokens, {"lie": "…"} tells how it misbehaves.
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';

import { serve } from './lines.mjs';

const says = { lie: null, claims: {} };
const codes = new Map();
const [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
let issuer;

function discovery() {
  const all = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    end_session_endpoint: `${issuer}/end`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    authorization_response_iss_parameter_supported: true,
  };
  if (says.lie === 'discovery issuer') all.issuer = 'https://elsewhere.example.it';
  if (says.lie === 'plain token endpoint') all.token_endpoint = 'http://192.0.2.1/token';
  if (says.lie === 'plain keys') all.jwks_uri = 'http://192.0.2.1/jwks';
  return all;
}

async function token({ client, nonce }) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { nonce, iss: issuer, aud: client, iat: now, exp: now + 300, ...says.claims };
  const header = { alg: 'ES256', kid: 'own' };
  let key = own.privateKey;
  switch (says.lie) {
    case 'no nonce': delete claims.nonce; break;
    case 'other key': key = other.privateKey; break;
    case 'unknown key': key = other.privateKey; header.kid = 'unknown'; break;
    case 'shared secret':
      header.alg = 'HS256';
      key = new TextEncoder().encode('a secret of the tests');
      break;
    case 'unsigned': return new UnsecuredJWT(claims).encode();
  }
  return new SignJWT(claims).setProtectedHeader(header).sign(key);
}

function json(response, body, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function answer(request, response) {
  const url = new URL(request.url, issuer);
  switch (url.pathname) {
    case '/.well-known/openid-configuration':
      return json(response, discovery());
    case '/jwks': {
      const jwk = await exportJWK(own.publicKey);
      return json(response, { keys: [{ ...jwk, kid: 'own', use: 'sig', alg: 'ES256' }] });
    }
    case '/authorize': {
      const asked = url.searchParams;
      const code = randomUUID();
      codes.set(code, {
        client: asked.get('client_id'),
        nonce: asked.get('nonce'),
        challenge: asked.get('code_challenge'),
        method: asked.get('code_challenge_method'),
      });
      const back = new URL(asked.get('redirect_uri'));
      back.searchParams.set('code', code);
      back.searchParams.set('state', says.lie === 'state' ? 'another' : asked.get('state'));
      if (says.lie !== 'no answerer') {
        const iss = says.lie === 'answerer' ? 'https://elsewhere.example.it' : issuer;
        back.searchParams.set('iss', iss);
      }
      response.writeHead(302, { location: back.href });
      return response.end();
    }
    case '/token': {
      let body = '';
      for await (const chunk of request) body += chunk;
      const given = new URLSearchParams(body);
      const known = codes.get(given.get('code'));
      codes.delete(given.get('code'));
      const hash = createHash('sha256').update(given.get('code_verifier') ?? '');
      if (!known || known.method !== 'S256' || hash.digest('base64url') !== known.challenge) {
        return json(response, { error: 'invalid_grant' }, 400);
      }
      if (says.lie === 'redirect') {
        response.writeHead(307, { location: `${issuer}/token` });
        return response.end();
      }
      const all = { access_token: 'a', token_type: 'Bearer', id_token: await token(known) };
      if (says.lie === 'no token') delete all.id_token;
      if (says.lie === 'megabytes') all.padding = 'x'.repeat(1024 * 1024);
      return json(response, all);
    }
    default:
      return json(response, { error: 'not found' }, 404);
  }
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => json(response, { error: 'server_error' }, 500));
});
serve(
  server,
  (place) => { issuer = place; },
  (line) => Object.assign(says, line),
);
