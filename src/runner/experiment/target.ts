/** What fails, in words: `link DNVR-KSCY`, `port DNVR:to-KSCY`, `router DNVR`. Different targets differ in them. */
import type { Target } from './resolved.ts';

export function nameOfTarget(target: Target): string {
  switch (target.kind) {
    case 'link':
      return `link ${target.link}`;
    case 'port':
      return `port ${target.router}:${target.port}`;
    case 'router':
      return `router ${target.router}`;
  }
}
