/**
 * PDUs of ISO 10589 section 9 as they arrive. Reading refuses by name and never throws. Hellos are in hello.ts,
 * sequence number PDUs in snp.ts, what an LSP says in lsp.ts.
 */
import type { IsisLevel } from '../../../config/isis-model.ts';
import { readU16, readU32 } from '../../../net/bytes.ts';
import { NLPID_ISIS, PDU } from './constants.ts';
import { tlvsAt } from './header.ts';
import { decodeLanHello, decodeP2pHello, type LanHello, type P2pHello } from './hello.ts';
import { readSystemId } from './ids.ts';
import { type CompleteSnp, decodeCsnp, decodePsnp, type LspSummary, type PartialSnp } from './snp.ts';

export type LspPdu = LspSummary & {
  readonly type: 'lsp';
  readonly level: IsisLevel;
  readonly flags: number;
};

export type Pdu = LanHello | P2pHello | LspPdu | CompleteSnp | PartialSnp;
export type PduFault = 'length' | 'version' | 'id-length' | 'maximum-areas' | 'type' | 'body';

/** The PDU without what follows it in the frame. */
export function trimPdu(bytes: Uint8Array): Uint8Array | PduFault {
  if (bytes.length < 10) return 'length';
  if (bytes[0] !== NLPID_ISIS || bytes[2] !== 1 || bytes[5] !== 1) return 'version';
  if (bytes[3] !== 0 && bytes[3] !== 6) return 'id-length';
  if (bytes[7] !== 0 && bytes[7] !== 3) return 'maximum-areas';
  const header = tlvsAt(bytes);
  if (header === undefined) return 'type';
  if (bytes[1] !== header || bytes.length < header) return 'length';
  const length = readU16(bytes, isHello(bytes) ? 17 : 8);
  if (length < header || length > bytes.length) return 'length';
  return length === bytes.length ? bytes : bytes.subarray(0, length);
}

/** Reads what `trimPdu` returned. */
export function decodePdu(bytes: Uint8Array): Pdu | PduFault {
  return decodeBody(bytes, bytes[4] & 0x1f) ?? 'body';
}

function decodeBody(bytes: Uint8Array, type: number): Pdu | undefined {
  switch (type) {
    case PDU.lanHello1:
      return decodeLanHello(bytes, 1);
    case PDU.lanHello2:
      return decodeLanHello(bytes, 2);
    case PDU.p2pHello:
      return decodeP2pHello(bytes);
    case PDU.lsp1:
      return decodeLspHeader(bytes, 1);
    case PDU.lsp2:
      return decodeLspHeader(bytes, 2);
    case PDU.csnp1:
      return decodeCsnp(bytes, 1);
    case PDU.csnp2:
      return decodeCsnp(bytes, 2);
    case PDU.psnp1:
      return decodePsnp(bytes, 1);
    case PDU.psnp2:
      return decodePsnp(bytes, 2);
    default:
      return undefined;
  }
}

function decodeLspHeader(bytes: Uint8Array, level: IsisLevel): LspPdu {
  return {
    type: 'lsp',
    level,
    lifetimeS: readU16(bytes, 10),
    system: readSystemId(bytes, 12),
    local: readU16(bytes, 18),
    sequence: readU32(bytes, 20),
    checksum: readU16(bytes, 24),
    flags: bytes[26],
  };
}

function isHello(bytes: Uint8Array): boolean {
  const type = bytes[4] & 0x1f;
  return type === PDU.lanHello1 || type === PDU.lanHello2 || type === PDU.p2pHello;
}
