/** Hellos: those of a LAN (ISO 10589 9.5, 9.6) and those of a point-to-point circuit (9.7, RFC 5303). */
import type { IsisLevel, IsisPassword } from '../../../config/isis-model.ts';
import type { Ipv4, Mac } from '../../../net/address.ts';
import { readU16, readU32 } from '../../../net/bytes.ts';
import { readMac } from '../../../net/ethernet.ts';
import { sign, writeAuthentication } from './authentication.ts';
import { NLPID_IPV4, PDU, TLV } from './constants.ts';
import {
  beginPdu,
  LAN_HELLO_HEADER,
  LEVELS_OF_TYPE,
  levelBits,
  P2P_HELLO_HEADER,
  readAreas,
  writeAreas,
} from './header.ts';
import { readSystemId, type SystemId, writeSystemId } from './ids.ts';
import { MAX_TLV_VALUE, type PduWriter, visitTlvs } from './tlv.ts';

export type ThreeWayState = 'Up' | 'Initializing' | 'Down';
const THREE_WAY_STATES: readonly ThreeWayState[] = ['Up', 'Initializing', 'Down'];

/** RFC 5303 3.1 */
export interface ThreeWay {
  readonly state: ThreeWayState;
  readonly circuit?: number;
  readonly neighbour?: SystemId;
  readonly neighbourCircuit?: number;
}

export interface HelloBody {
  /** Hexadecimal digits. */
  readonly areas: readonly string[];
  readonly addresses: readonly Ipv4[];
  readonly speaksIpv4: boolean;
  /** MACs of those that the sender hears on the LAN. */
  readonly heard: readonly Mac[];
  readonly threeWay?: ThreeWay;
}

interface HelloHeader {
  readonly source: SystemId;
  readonly levels: readonly IsisLevel[];
  readonly holdingTimeS: number;
}

/** The designated system of a LAN and the number of its pseudonode. */
export interface LanId {
  readonly system: SystemId;
  readonly pseudonode: number;
}

export type LanHello = HelloHeader &
  HelloBody & {
    readonly type: 'lan-hello';
    readonly level: IsisLevel;
    readonly priority: number;
    readonly lanId: LanId;
  };

export type P2pHello = HelloHeader & HelloBody & { readonly type: 'p2p-hello'; readonly circuit: number };

/** Undefined where what is in it does not add up. */
export function decodeLanHello(bytes: Uint8Array, level: IsisLevel): LanHello | undefined {
  const header = decodeHelloHeader(bytes);
  const body = decodeHelloBody(bytes, LAN_HELLO_HEADER);
  if (header === undefined || body === undefined) return undefined;
  const lanId = { system: readSystemId(bytes, 20), pseudonode: bytes[26] };
  return { type: 'lan-hello', level, ...header, ...body, priority: bytes[19] & 0x7f, lanId };
}

export function decodeP2pHello(bytes: Uint8Array): P2pHello | undefined {
  const header = decodeHelloHeader(bytes);
  const body = decodeHelloBody(bytes, P2P_HELLO_HEADER);
  if (header === undefined || body === undefined) return undefined;
  return { type: 'p2p-hello', ...header, ...body, circuit: bytes[19] };
}

function decodeHelloHeader(bytes: Uint8Array): HelloHeader | undefined {
  const levels = LEVELS_OF_TYPE[bytes[8] & 3];
  if (levels.length === 0) return undefined;
  return { source: readSystemId(bytes, 9), levels, holdingTimeS: readU16(bytes, 15) };
}

function decodeHelloBody(bytes: Uint8Array, tlvAt: number): HelloBody | undefined {
  const areas: string[] = [];
  const addresses: Ipv4[] = [];
  const heard: Mac[] = [];
  let speaksIpv4 = false;
  let threeWay: ThreeWay | undefined;
  let isSound = true;
  const isWhole = visitTlvs(bytes, tlvAt, (code, at, end) => {
    switch (code) {
      case TLV.areas:
        isSound &&= readAreas(bytes, at, end, areas);
        break;
      case TLV.protocols:
        speaksIpv4 ||= bytes.subarray(at, end).includes(NLPID_IPV4);
        break;
      case TLV.addresses:
        for (let each = at; each + 4 <= end; each += 4) addresses.push(readU32(bytes, each));
        break;
      case TLV.lanNeighbours:
        for (let each = at; each + 6 <= end; each += 6) heard.push(readMac(bytes, each));
        break;
      case TLV.threeWay:
        threeWay = readThreeWay(bytes, at, end);
        isSound &&= threeWay !== undefined;
        break;
    }
  });
  if (!isWhole || !isSound) return undefined;
  return { areas, addresses, speaksIpv4, heard, ...(threeWay && { threeWay }) };
}

function readThreeWay(bytes: Uint8Array, at: number, end: number): ThreeWay | undefined {
  const length = end - at;
  const state = THREE_WAY_STATES[bytes[at]];
  if (length < 1 || state === undefined) return undefined;
  if (length < 5) return { state };
  const circuit = readU32(bytes, at + 1);
  if (length < 15) return { state, circuit };
  return {
    state,
    circuit,
    neighbour: readSystemId(bytes, at + 5),
    neighbourCircuit: readU32(bytes, at + 11),
  };
}

export interface OwnHello {
  readonly source: SystemId;
  readonly levels: readonly IsisLevel[];
  readonly holdingTimeS: number;
  readonly areas: readonly string[];
  readonly addresses: readonly Ipv4[];
  readonly password: IsisPassword | undefined;
  /** Largest PDU, and whether the hello is made as long (8.4.1 f). */
  readonly mtu: number;
  readonly padding: boolean;
}

export function encodeLanHello(
  hello: OwnHello & { readonly level: IsisLevel; readonly priority: number; readonly lanId: LanId },
  heard: readonly Mac[],
): Uint8Array {
  const writer = beginPdu(hello.level === 1 ? PDU.lanHello1 : PDU.lanHello2, hello.mtu);
  writeHelloHeader(writer, hello);
  writer.u8(hello.priority).system(hello.lanId.system).u8(hello.lanId.pseudonode);
  writeHelloBody(writer, hello);
  const each = new Uint8Array(6);
  for (const mac of heard) {
    if (writer.room < 8) break;
    writeSystemId(each, 0, mac);
    writer.entry(TLV.lanNeighbours, each);
  }
  return finishHello(writer, hello, LAN_HELLO_HEADER);
}

export function encodeP2pHello(
  hello: OwnHello & { readonly circuit: number },
  threeWay: ThreeWay | undefined,
): Uint8Array {
  const writer = beginPdu(PDU.p2pHello, hello.mtu);
  writeHelloHeader(writer, hello);
  writer.u8(hello.circuit & 0xff);
  writeHelloBody(writer, hello);
  if (threeWay !== undefined) {
    writer
      .tlv(TLV.threeWay)
      .u8(THREE_WAY_STATES.indexOf(threeWay.state))
      .u32(threeWay.circuit ?? 0);
    if (threeWay.neighbour !== undefined) {
      writer.system(threeWay.neighbour).u32(threeWay.neighbourCircuit ?? 0);
    }
  }
  return finishHello(writer, hello, P2P_HELLO_HEADER);
}

function writeHelloHeader(writer: PduWriter, { levels, source, holdingTimeS }: OwnHello): void {
  writer.u8(levelBits(levels)).system(source).u16(Math.min(0xffff, holdingTimeS)).u16(0);
}

function writeHelloBody(writer: PduWriter, { areas, addresses, password }: OwnHello): void {
  writeAuthentication(writer, password);
  writeAreas(writer, areas);
  writer.tlv(TLV.protocols).u8(NLPID_IPV4);
  if (addresses.length > 0) writer.tlv(TLV.addresses);
  for (const address of addresses.slice(0, Math.floor(MAX_TLV_VALUE / 4))) writer.u32(address);
}

function finishHello(writer: PduWriter, { padding, password }: OwnHello, tlvAt: number): Uint8Array {
  while (padding && writer.room >= 2) {
    const room = writer.room;
    writer.tlv(TLV.padding).zeros(Math.min(MAX_TLV_VALUE, room - 2));
  }
  const pdu = writer.finish(17);
  sign(pdu, tlvAt, false, password);
  return pdu;
}
