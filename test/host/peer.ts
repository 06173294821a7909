/** The kernel's end of a connection: a plain socket that does what it is told and says what it saw. */
import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { noise } from '../tcp/noise.ts';
import type { PeerTask } from './namespace.ts';

const task: PeerTask = JSON.parse(process.argv[2]);

if (task.role === 'connect') run(connect({ port: task.port, host: task.address, allowHalfOpen: true }));
else {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    server.close();
    run(socket);
  });
  server.listen(task.port, task.address, () => console.log('ready'));
}

function run(socket: Socket): void {
  const { sends, seed, ends } = task;
  const hash = createHash('sha256');
  let received = 0;
  let error: string | null = null;
  socket.on('data', (bytes) => {
    hash.update(bytes);
    received += bytes.length;
    if (typeof ends === 'object' && received >= ends.resetAfter) socket.resetAndDestroy();
  });
  socket.on('end', () => {
    if (ends === 'close-after') socket.end();
  });
  socket.on('error', (reason: NodeJS.ErrnoException) => {
    error = reason.code ?? reason.message;
  });
  socket.on('close', () => console.log(JSON.stringify({ received, hash: hash.digest('hex'), error })));
  if (sends > 0) socket.write(noise(sends, seed));
  if (ends === 'close') socket.end();
}
