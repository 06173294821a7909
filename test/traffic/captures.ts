/** Captures as a test writes them: packets of any size at any time, in every format that is read. */
export interface Recorded {
  readonly timeNs: number;
  /** Of the IPv4 packet. */
  readonly bytes: number;
  /** Last byte of 10.0.0.x. */
  readonly from: number;
  readonly to: number;
}

export interface PcapOptions {
  readonly little?: boolean;
  readonly nanoseconds?: boolean;
  readonly linkType?: number;
  /** Bytes kept of each frame. */
  readonly snapLength?: number;
  /** Ethernet frames carry so many VLAN tags. */
  readonly vlans?: number;
}

const ETHERNET = 1;

/** An IPv4 packet with nothing but its header filled in. */
function ipv4({ bytes, from, to }: Recorded): Uint8Array {
  const packet = new Uint8Array(bytes);
  packet.set([0x45, 0, bytes >>> 8, bytes & 0xff, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
  return packet;
}

function frame(packet: Recorded, linkType: number, vlans: number): Uint8Array {
  const ip = ipv4(packet);
  const tags = Array.from({ length: vlans }, () => [0x81, 0, 0, 7]).flat();
  const head = {
    [ETHERNET]: [...Array(12).fill(2), ...tags, 8, 0],
    101: [],
    113: [...Array(14).fill(0), 8, 0],
    276: [8, 0, ...Array(18).fill(0)],
  }[linkType] ?? [...Array(14).fill(0)];
  // Ethernet pads what is too short.
  const padded = linkType === ETHERNET ? Math.max(60, head.length + ip.length) : head.length + ip.length;
  const bytes = new Uint8Array(padded);
  bytes.set(head);
  bytes.set(ip, head.length);
  return bytes;
}

class Bytes {
  readonly #parts: Uint8Array[] = [];
  readonly #little: boolean;

  constructor(little: boolean) {
    this.#little = little;
  }

  u16(...values: readonly number[]): this {
    for (const value of values) this.#number(2, (view) => view.setUint16(0, value, this.#little));
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) this.#number(4, (view) => view.setUint32(0, value, this.#little));
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  all(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.#parts));
  }

  #number(length: number, write: (view: DataView) => void): void {
    const bytes = new Uint8Array(length);
    write(new DataView(bytes.buffer));
    this.#parts.push(bytes);
  }
}

export function pcap(packets: readonly Recorded[], options: PcapOptions = {}): Uint8Array {
  const { little = true, nanoseconds = false, linkType = ETHERNET, snapLength = 65535, vlans = 0 } = options;
  const file = new Bytes(little)
    .u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4)
    .u16(2, 4)
    .u32(0, 0, snapLength, linkType);
  for (const packet of packets) {
    const whole = frame(packet, linkType, vlans);
    const kept = whole.subarray(0, snapLength);
    const fraction = (packet.timeNs % 1e9) / (nanoseconds ? 1 : 1000);
    file.u32(1_700_000_000 + Math.floor(packet.timeNs / 1e9), fraction, kept.length, whole.length).raw(kept);
  }
  return file.all();
}

/** Enhanced packet blocks of one interface; the times in units of 10^-`resolution` s, microseconds where absent. */
export function pcapng(
  packets: readonly Recorded[],
  options: PcapOptions & { readonly resolution?: number } = {},
): Uint8Array {
  const { little = true, linkType = ETHERNET, snapLength = 65535, vlans = 0, resolution } = options;
  const file = new Bytes(little);
  const block = (type: number, body: Uint8Array): void => {
    const padded = Math.ceil(body.length / 4) * 4;
    const length = 12 + padded;
    file
      .u32(type, length)
      .raw(body)
      .raw(new Uint8Array(padded - body.length))
      .u32(length);
  };
  const bytes = () => new Bytes(little);
  block(0x0a0d0d0a, bytes().u32(0x1a2b3c4d).u16(1, 0).u32(0xffffffff, 0xffffffff).all());
  const description = bytes().u16(linkType, 0).u32(snapLength);
  if (resolution !== undefined)
    description
      .u16(9, 1)
      .raw(Uint8Array.of(resolution, 0, 0, 0))
      .u32(0);
  block(1, description.all());
  // A block of a kind that nobody knows is passed over.
  block(0x0bad, Uint8Array.of(1, 2, 3));
  for (const packet of packets) {
    const whole = frame(packet, linkType, vlans);
    const kept = whole.subarray(0, snapLength);
    const perSecond = 10n ** BigInt(resolution ?? 6);
    const units = 1_700_000_000n * perSecond + (BigInt(packet.timeNs) * perSecond) / 1_000_000_000n;
    block(
      6,
      bytes()
        .u32(0, Number(units >> 32n), Number(units & 0xffffffffn), kept.length, whole.length)
        .raw(kept)
        .all(),
    );
  }
  return file.all();
}
