// What both providers share: they say where they are, do what a line asks, and end with their input.
import { createInterface } from 'node:readline';

export function serve(server, listener, obey) {
  server.listen(0, '127.0.0.1', async () => {
    await listener(`http://127.0.0.1:${server.address().port}`);
    process.stdout.write(`${server.address().port}\n`);
  });
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    await obey(JSON.parse(line));
    process.stdout.write('done\n');
  });
  // Whoever started this is gone.
  lines.on('close', () => process.exit(0));
}
