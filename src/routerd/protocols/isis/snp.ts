/** Sequence number PDUs (ISO 10589 9.10 to 9.13): which LSPs of which sequence a system has. */
import type { IsisLevel, IsisPassword } from '../../../config/isis-model.ts';
import { readU16, readU32, writeU16, writeU32 } from '../../../net/bytes.ts';
import { authenticationLength, sign, writeAuthentication } from './authentication.ts';
import { PDU, TLV } from './constants.ts';
import { beginPdu, CSNP_HEADER, PSNP_HEADER } from './header.ts';
import {
  LAST_LOCAL,
  LAST_SYSTEM,
  type LspId,
  nextLspId,
  readLspId,
  readSystemId,
  type SystemId,
  writeSystemId,
} from './ids.ts';
import { MAX_TLV_VALUE, type PduWriter, visitTlvs } from './tlv.ts';

const LSP_ENTRY = 16;

/** An LSP as an SNP names it, and the header of one. */
export interface LspSummary extends LspId {
  readonly lifetimeS: number;
  readonly sequence: number;
  readonly checksum: number;
}

export interface CompleteSnp {
  readonly type: 'csnp';
  readonly level: IsisLevel;
  readonly source: SystemId;
  readonly first: LspId;
  readonly last: LspId;
  readonly entries: readonly LspSummary[];
}

export interface PartialSnp {
  readonly type: 'psnp';
  readonly level: IsisLevel;
  readonly source: SystemId;
  readonly entries: readonly LspSummary[];
}

/** Undefined where entries do not add up. */
export function decodeCsnp(bytes: Uint8Array, level: IsisLevel): CompleteSnp | undefined {
  const entries = decodeEntries(bytes, CSNP_HEADER);
  if (entries === undefined) return undefined;
  const [first, last] = [readLspId(bytes, 17), readLspId(bytes, 25)];
  return { type: 'csnp', level, source: readSystemId(bytes, 10), first, last, entries };
}

export function decodePsnp(bytes: Uint8Array, level: IsisLevel): PartialSnp | undefined {
  const entries = decodeEntries(bytes, PSNP_HEADER);
  return entries && { type: 'psnp', level, source: readSystemId(bytes, 10), entries };
}

function decodeEntries(bytes: Uint8Array, tlvAt: number): readonly LspSummary[] | undefined {
  const entries: LspSummary[] = [];
  let isSound = true;
  const isWhole = visitTlvs(bytes, tlvAt, (code, from, end) => {
    if (code !== TLV.lspEntries) return;
    isSound &&= (end - from) % LSP_ENTRY === 0;
    for (let at = from; at + LSP_ENTRY <= end; at += LSP_ENTRY) {
      entries.push({
        lifetimeS: readU16(bytes, at),
        system: readSystemId(bytes, at + 2),
        local: readU16(bytes, at + 8),
        sequence: readU32(bytes, at + 10),
        checksum: readU16(bytes, at + 14),
      });
    }
  });
  return isWhole && isSound ? entries : undefined;
}

export interface SnpSettings {
  readonly level: IsisLevel;
  readonly source: SystemId;
  /** Largest PDU, bytes. */
  readonly mtu: number;
  readonly password: IsisPassword | undefined;
}

/** CSNPs that say all of `entries`, which are in order, and between them leave no LSP ID out (7.3.15.2). */
export function encodeCsnps(settings: SnpSettings, entries: readonly LspSummary[]): readonly Uint8Array[] {
  const type = settings.level === 1 ? PDU.csnp1 : PDU.csnp2;
  const size = entriesPerSnp(settings, CSNP_HEADER);
  const pdus: Uint8Array[] = [];
  let first: LspId = { system: 0, local: 0 };
  for (let at = 0; at === 0 || at < entries.length; at += size) {
    const part = entries.slice(at, at + size);
    const isLast = at + size >= entries.length;
    const last = isLast ? { system: LAST_SYSTEM, local: LAST_LOCAL } : part[part.length - 1];
    const writer = beginSnp(type, settings).system(first.system).u16(first.local);
    pdus.push(finishSnp(writer.system(last.system).u16(last.local), CSNP_HEADER, settings, part));
    first = nextLspId(last);
  }
  return pdus;
}

export function encodePsnps(settings: SnpSettings, entries: readonly LspSummary[]): readonly Uint8Array[] {
  const type = settings.level === 1 ? PDU.psnp1 : PDU.psnp2;
  const size = entriesPerSnp(settings, PSNP_HEADER);
  const pdus: Uint8Array[] = [];
  for (let at = 0; at < entries.length; at += size) {
    pdus.push(finishSnp(beginSnp(type, settings), PSNP_HEADER, settings, entries.slice(at, at + size)));
  }
  return pdus;
}

/** Its source is the system, on circuit 0. */
function beginSnp(type: number, { mtu, source }: SnpSettings): PduWriter {
  return beginPdu(type, mtu).u16(0).system(source).u8(0);
}

function finishSnp(
  writer: PduWriter,
  tlvAt: number,
  { password }: SnpSettings,
  entries: readonly LspSummary[],
): Uint8Array {
  writeAuthentication(writer, password);
  const each = new Uint8Array(LSP_ENTRY);
  for (const { lifetimeS, system, local, sequence, checksum } of entries) {
    writeU16(each, 0, lifetimeS);
    writeSystemId(each, 2, system);
    writeU16(each, 8, local);
    writeU32(each, 10, sequence);
    writeU16(each, 14, checksum);
    writer.entry(TLV.lspEntries, each);
  }
  const pdu = writer.finish(8);
  sign(pdu, tlvAt, false, password);
  return pdu;
}

/** How many entries an SNP of `header` bytes holds. */
function entriesPerSnp({ mtu, password }: SnpSettings, header: number): number {
  const room = mtu - header - authenticationLength(password);
  const perTlv = Math.floor(MAX_TLV_VALUE / LSP_ENTRY);
  const wholeTlvs = Math.floor(room / (2 + perTlv * LSP_ENTRY));
  const left = room - wholeTlvs * (2 + perTlv * LSP_ENTRY);
  return Math.max(1, wholeTlvs * perTlv + Math.max(0, Math.floor((left - 2) / LSP_ENTRY)));
}
