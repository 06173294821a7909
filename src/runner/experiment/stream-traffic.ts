/** `stream`: video on demand. */
import { formatCount, formatTime } from '../../analysis/format.ts';
import { SMALLEST_PROBE_PACKET } from '../../net/probe.ts';
import {
  MAX_PIECES_PER_SEGMENT,
  type StreamSending,
  segmentPlan,
  smallestBufferNs,
} from '../../traffic/segment.ts';
import type { Names } from './names.ts';
import type { DocumentPath } from './problem.ts';
import type { Report } from './report.ts';
import type { StreamFlow } from './schema.generated.ts';
import { checkPacket, commonOf, endsOf, packetBytesOf, type Unnumbered } from './traffic-common.ts';
import { durationNs, rateBps } from './units.ts';

export function streamFlow(
  report: Report,
  names: Names,
  item: StreamFlow,
  path: DocumentPath,
): readonly Unnumbered[] {
  const { stream, name } = item;
  const at = (key: keyof typeof stream): DocumentPath => [...path, 'stream', key];
  const ends = endsOf(report, names, item, path);
  const common = commonOf(report, item, path, '1/10');
  const errors = report.errors;
  const bitrateBps = rateBps(stream.bitrate);
  const paceBps = stream.pace === undefined ? 2 * bitrateBps : rateBps(stream.pace);
  const packetBytes = packetBytesOf(
    report,
    stream.packet ?? '1200B',
    at('packet'),
    SMALLEST_PROBE_PACKET + 1,
  );
  const sending: StreamSending = {
    kind: 'stream',
    bitrateBps,
    segmentNs: durationNs(stream.segment ?? '2s'),
    bufferNs: durationNs(stream.buffer ?? '10s'),
    startupNs: durationNs(stream.startup ?? '4s'),
    paceBps,
    packetBytes,
  };
  if (bitrateBps === 0) report.error(at('bitrate'), `bitrate: a video of ${stream.bitrate} has no pictures`);
  else if (paceBps < bitrateBps) {
    report.error(
      at('pace'),
      `pace: at ${stream.pace} a video of ${stream.bitrate} arrives slower than it plays`,
    );
  }
  if (sending.segmentNs === 0) report.error(at('segment'), 'segment: a segment has to play for some time');
  if (report.errors === errors) {
    const { pieces } = segmentPlan(sending);
    const needed = smallestBufferNs(sending);
    if (pieces > MAX_PIECES_PER_SEGMENT) {
      report.error(
        at('segment'),
        `segment: ${formatCount(pieces)} packets are too many for one segment (at most ${formatCount(MAX_PIECES_PER_SEGMENT)}): make it shorter`,
      );
    } else if (needed > sending.bufferNs) {
      report.error(at('buffer'), `buffer: whole segments for the startup need ${formatTime(needed)}`);
    }
  }
  if (ends === undefined) return [];
  checkPacket(report, names, at('packet'), packetBytes, [ends.from, ends.to]);
  return [{ name, group: name, from: ends.from.name, to: ends.to.name, ...common, ...sending }];
}
