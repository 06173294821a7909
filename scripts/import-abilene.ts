/**
 * Makes experiments/topologies/abilene.yaml, experiments/data/abilene-2004-03-01.csv (one matrix) and
 * experiments/data/abilene-2004-03-01-hours.csv (a day of them) from the published data: `node scripts/import-abilene.ts LINKS MATRIX.gz`, with data/Abilene's link file and data/AbileneTM's
 * week of 2004-03-01 from github.com/jrayzhang6/CFR-RL (MIT).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fibreDelayNs } from '../src/runner/experiment/topology/geography.ts';

/** In the order of the data: name, site, longitude, latitude. ATLAM5 stands in Atlanta, too; drawn a little beside. */
const NODES = [
  ['ATLAM5', 'atlanta-m5', -83.6, 33.2],
  ['ATLA', 'atlanta', -84.39, 33.75],
  ['CHIN', 'chicago', -87.63, 41.88],
  ['DNVR', 'denver', -104.99, 39.74],
  ['HSTN', 'houston', -95.37, 29.76],
  ['IPLS', 'indianapolis', -86.16, 39.77],
  ['KSCY', 'kansascity', -94.58, 39.1],
  ['LOSA', 'losangeles', -118.24, 34.05],
  ['NYCM', 'newyork', -74.01, 40.71],
  ['SNVA', 'sunnyvale', -122.04, 37.37],
  ['STTL', 'seattle', -122.33, 47.61],
  ['WASH', 'washington', -77.04, 38.91],
] as const;

/** The row of the matrix: 2004-03-01 20:10 to 20:15, the busiest time of that day that no single burst makes. */
const ROW = 242;
/** The matrix counts units of 100 bytes in five minutes. */
const BPS_PER_UNIT = (100 * 8) / 300;

const [linksFile, matrixFile] = process.argv.slice(2);
const links = readFileSync(linksFile, 'utf8')
  .trim()
  .split('\n')
  .slice(2)
  .map((line) => line.split(/\s+/).map(Number))
  .map(([, from, to, metric, kbps]) => ({ from, to, metric, kbps }))
  .filter(({ from, to }) => from < to);

const linkLines = links.map(({ from, to, metric, kbps }) => {
  const [a, , ...placeA] = NODES[from];
  const [b, , ...placeB] = NODES[to];
  const inAtlanta = from === 0;
  const delayNs = inAtlanta
    ? 10_000
    : fibreDelayNs({ x: placeA[0], y: placeA[1] }, { x: placeB[0], y: placeB[1] });
  const delay = inAtlanta ? '0.01' : (delayNs / 1e6).toFixed(2);
  return `  - { endpoints: [${a}, ${b}], metric: ${metric}, rate: ${kbps / 1000}Mbps, delay: ${delay}ms }`;
});

writeFileSync(
  'experiments/topologies/abilene.yaml',
  `# yaml-language-server: $schema=../../schemas/topology.schema.json
#
# Abilene, the backbone of Internet2, in 2004: its 12 routers and 15 links with the IGP metrics and capacities
# that were in use. From data/Abilene of https://github.com/jrayzhang6/CFR-RL (MIT), made by
# scripts/import-abilene.ts. Positions are those of the cities; delays are light in fibre along the great circle
# (5 us/km). ATLAM5 is the second router in Atlanta. Behind each router stands one host, named after the city.
name: abilene

nodes:
${NODES.map(([name, , x, y]) => `  ${`${name}:`.padEnd(7)} { position: [${x}, ${y}] }`).join('\n')}

hosts:
${NODES.map(([name, city]) => `  ${`${city}:`.padEnd(13)} { router: ${name} }`).join('\n')}

links:
${linkLines.join('\n')}

# Failures are found within four seconds also where no port goes down with the link.
ospf: { hello: 1s, dead: 4s }
`,
);

const week = gunzipSync(readFileSync(matrixFile))
  .toString()
  .trim()
  .split('\n')
  .map((row) => row.trim().split(/\s+/).map(Number));

/** For each pair of nodes its rates, where one is above 0: of each list of rows the mean. */
function pairs(lists: readonly (readonly (readonly number[])[])[]): readonly string[] {
  return NODES.flatMap(([from], source) =>
    NODES.flatMap(([to], target) => {
      const cell = source * NODES.length + target;
      const rates = lists.map((rows) => {
        const units = rows.reduce((sum, row) => sum + row[cell], 0) / rows.length;
        return Math.round(units * BPS_PER_UNIT);
      });
      return source === target || rates.every((bps) => bps === 0) ? [] : [`${from},${to},${rates.join(',')}`];
    }),
  );
}

writeFileSync(
  'experiments/data/abilene-2004-03-01.csv',
  `# Traffic measured in Abilene, 2004-03-01, 20:10 to 20:15 (row ${ROW} of the week, counted from 0), as mean rates.
# From data/AbileneTM of https://github.com/jrayzhang6/CFR-RL (MIT), made by scripts/import-abilene.ts.
from,to,bps
${pairs([[week[ROW]]]).join('\n')}
`,
);

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const ROWS_PER_HOUR = 12;
writeFileSync(
  'experiments/data/abilene-2004-03-01-hours.csv',
  `# Traffic measured in Abilene on 2004-03-01, as mean rates of each hour (12 rows of the data each).
# From data/AbileneTM of https://github.com/jrayzhang6/CFR-RL (MIT), made by scripts/import-abilene.ts.
from,to,${HOURS.map((hour) => (hour === 0 ? '0s' : `${hour}h`)).join(',')}
${pairs(HOURS.map((hour) => week.slice(hour * ROWS_PER_HOUR, (hour + 1) * ROWS_PER_HOUR))).join('\n')}
`,
);
