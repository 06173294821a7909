/**
 * A neighbour that says what it is told to, over the kernel's TCP, in the namespace that it is started in:
 *
 *     node bgp-script.ts REMOTE AS [HEX …]
 *
 * It connects, exchanges OPEN and KEEPALIVE, sends the messages, and goes on with keepalives. Each thing that happens
 * is a line: `established`, `sent`, `notification CODE/SUBCODE`, `closed`.
 */
import { connect } from 'node:net';
import { parseIpv4 } from '../../../src/net/address.ts';
import {
  decodeNotification,
  encodeKeepalive,
  MESSAGE,
  messageLength,
} from '../../../src/routerd/protocols/bgp/message.ts';
import { encodeOpen } from '../../../src/routerd/protocols/bgp/open.ts';

const RETRY_MS = 500;
const KEEPALIVE_MS = 1000;
const [remote = '', as = '', ...messages] = process.argv.slice(2);

function begin(): void {
  const socket = connect({ host: remote, port: 179 });
  let waiting = Buffer.alloc(0);
  let isEstablished = false;
  let keepalive: NodeJS.Timeout | undefined;
  socket.on('connect', () => {
    socket.write(
      encodeOpen({
        as: Number(as),
        holdS: 9,
        id: parseIpv4('192.0.2.77') ?? 0,
        families: ['ipv4'],
        fourByteAs: true,
        routeRefresh: true,
        extendedMessages: false,
        gracefulRestart: false,
      }),
    );
  });
  socket.on('data', (data) => {
    waiting = Buffer.concat([waiting, data]);
    for (;;) {
      const length = messageLength(waiting, 0, waiting.length, 65535);
      if (typeof length !== 'number' || length > waiting.length) return;
      take(waiting.subarray(0, length));
      waiting = waiting.subarray(length);
    }
  });
  const take = (message: Uint8Array): void => {
    const type = message[18];
    if (type === MESSAGE.OPEN) socket.write(encodeKeepalive());
    else if (type === MESSAGE.NOTIFICATION) {
      const { code, subcode } = decodeNotification(message);
      console.error(`notification ${code}/${subcode}`);
    } else if (type === MESSAGE.KEEPALIVE && !isEstablished) {
      isEstablished = true;
      console.error('established');
      for (const hex of messages) socket.write(Buffer.from(hex, 'hex'));
      console.error('sent');
      keepalive = setInterval(() => socket.write(encodeKeepalive()), KEEPALIVE_MS);
    }
  };
  socket.on('error', () => {});
  socket.on('close', () => {
    clearInterval(keepalive);
    if (isEstablished) console.error('closed');
    else setTimeout(begin, RETRY_MS);
  });
}

begin();
