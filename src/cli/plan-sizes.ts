/** Packet sizes as the planner is given them: in words, counted in a CSV file, or of the packets of a capture. */
import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { SizeDistribution } from '../analysis/plan-sizes.ts';
import { parseShare, parseSize } from '../runner/experiment/units.ts';
import { readCapture } from '../traffic/capture.ts';
import { InputError, isSystemError, systemError } from './exit.ts';

/** An IPv4 header, and what its total length can say. */
const SMALLEST = 20;
const LARGEST = 65_535;
const MAX_ROWS = 65_536;
const MAX_FILE_BYTES = 256 * 1024 * 1024;

const EXAMPLE = '40B:50%,576B:30%,1500B:20%';

/**
 * `40B:50%,576B:30%,1500B:20%`, `300B`, or the name of a .pcap, .pcapng or .csv file (lines `bytes,count`). Sizes
 * are those of IPv4 packets. Throws InputError, which names the option and what would be right.
 */
export function readSizes(option: string, text: string): SizeDistribution {
  const extension = extname(text).toLowerCase();
  switch (extension) {
    case '.pcap':
    case '.pcapng':
      return sizesOfCapture(option, text);
    case '.csv':
      return sizesOfCsv(option, text);
    default:
      return sizesInWords(option, text);
  }
}

function sizesInWords(option: string, text: string): SizeDistribution {
  const parts = text.split(',');
  if (parts.length > MAX_ROWS) throw new InputError(`${option}: more than ${MAX_ROWS} sizes`);
  const sizes = parts.map((part) => {
    const [size, share, more] = part.split(':').map((piece) => piece.trim());
    const bytes = parseSize(size);
    const weight = share === undefined && parts.length === 1 ? 1 : parseShare(share ?? '');
    if (bytes === undefined || weight === undefined || more !== undefined) {
      throw new InputError(
        `${option}: "${part.trim()}" is no packet size with its share of the packets (write ${EXAMPLE}, or the name of a .pcap, .pcapng or .csv file)`,
      );
    }
    checkBytes(`${option}: ${size}`, bytes);
    return { bytes, weight };
  });
  const whole = sizes.reduce((sum, { weight }) => sum + weight, 0);
  if (Math.abs(whole - 1) > 0.001) {
    throw new InputError(`${option}: the shares add up to ${Number((whole * 100).toFixed(3))}%, not to 100%`);
  }
  return sizes;
}

function sizesOfCsv(option: string, file: string): SizeDistribution {
  const sizes: { bytes: number; weight: number }[] = [];
  for (const [index, line] of readBytes(option, file).toString('utf8').split(/\r?\n/).entries()) {
    if (line.trim() === '' || (index === 0 && /^[a-z]/i.test(line.trim()))) continue;
    if (sizes.length === MAX_ROWS) throw new InputError(`${file}: more than ${MAX_ROWS} lines`);
    const [, bytes, count] = /^\s*(\d{1,6})\s*,\s*(\d{1,15}(?:\.\d{1,9})?)\s*$/.exec(line) ?? [];
    if (bytes === undefined) {
      throw new InputError(
        `${file}:${index + 1}: "${line.slice(0, 40)}" is not a size in bytes and how many packets have it (write bytes,count as in 1500,20)`,
      );
    }
    checkBytes(`${file}:${index + 1}: ${bytes}`, Number(bytes));
    sizes.push({ bytes: Number(bytes), weight: Number(count) });
  }
  if (!sizes.some(({ weight }) => weight > 0)) {
    throw new InputError(`${file}: counts no packets (write lines bytes,count as in 1500,20)`);
  }
  return sizes;
}

function sizesOfCapture(option: string, file: string): SizeDistribution {
  const capture = readCapture(readBytes(option, file));
  if ('wrong' in capture) throw new InputError(`${file} ${capture.wrong}`);
  const counts = new Map<number, number>();
  for (const { bytes } of capture.packets) counts.set(bytes, (counts.get(bytes) ?? 0) + 1);
  return [...counts].map(([bytes, weight]) => ({ bytes, weight }));
}

function readBytes(option: string, file: string): Buffer {
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new InputError(`${option}: ${file} is no file`);
    if (found.size > MAX_FILE_BYTES) {
      throw new InputError(`${file}: larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB (give a part of it)`);
    }
    return readFileSync(file);
  } catch (error) {
    if (isSystemError(error)) throw new InputError(`${option}: ${systemError(error)}`);
    throw error;
  }
}

function checkBytes(what: string, bytes: number): void {
  if (bytes >= SMALLEST && bytes <= LARGEST) return;
  throw new InputError(`${what} is no size of an IPv4 packet (${SMALLEST}B to ${LARGEST}B)`);
}
