/**
 * The planner's picture: the loads of both planes that a router stands, without and with packet cancellation, and
 * where the links of a run are. A file of its own that opens in any viewer, so its colours are plain ones.
 */
import type { EChartsCoreOption } from 'echarts/core';
import { formatCount, formatRate } from '../format.ts';
import { regionEdge } from '../plan.ts';
import type { Plan } from '../plan-outline.ts';
import { formatPackets } from '../plan-text.ts';

const WIDTH = 720;
const HEIGHT = 560;
const WITHOUT = '#1f5fbf';
const WITH = '#a65a00';
const INK = '#1a2230';
const MUTED = '#566274';

/** The feasible region as a whole SVG document. */
export async function planPlot(plan: Plan): Promise<string> {
  const [echarts, charts, components, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  echarts.use([
    charts.LineChart,
    charts.ScatterChart,
    components.GridComponent,
    components.LegendComponent,
    components.TitleComponent,
    renderers.SVGRenderer,
  ]);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(optionsOf(plan));
    return cleaned(chart.renderToSVGString({ useViewBox: true }));
  } finally {
    chart.dispose();
  }
}

/** The library numbers its drawings over the life of the process, and styles them for hovering: one plan, one file. */
function cleaned(svg: string): string {
  const plain = svg
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/ (class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/zr\d+-/g, 'plan-');
  return `${plain}\n`;
}

function optionsOf(plan: Plan): EChartsCoreOption {
  const { linkBps, packetRate, real, shadow, limits, links } = plan;
  const axis = (name: string, gap: number): object => ({
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: gap,
    min: 0,
    max: 1,
    interval: 0.2,
    nameTextStyle: { color: INK, fontSize: 13 },
    axisLine: { show: true, lineStyle: { color: MUTED } },
    axisLabel: { color: MUTED, formatter: (value: number) => `${Math.round(value * 100)}%` },
    splitLine: { lineStyle: { color: '#dfe3e9' } },
  });
  const region = (name: string, color: string, points: readonly (readonly [number, number])[]): object => ({
    name,
    type: 'line',
    data: closed(points),
    showSymbol: false,
    lineStyle: { color, width: 2 },
    itemStyle: { color },
    areaStyle: { color, opacity: 0.12 },
  });
  return {
    animation: false,
    silent: true,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: INK },
    title: {
      text: 'Loads that the router stands',
      subtext: `${formatRate(linkBps)}, ${formatPackets(packetRate)}; mean packets: real ${formatCount(real.packetBytes)} B, shadow ${formatCount(shadow.packetBytes)} B`,
      left: 'center',
      textStyle: { fontSize: 16, color: INK },
      subtextStyle: { fontSize: 12, color: MUTED },
    },
    legend: { bottom: 8, itemGap: 48, icon: 'roundRect', textStyle: { color: INK } },
    grid: { left: 72, right: 32, top: 72, bottom: 92 },
    xAxis: axis('real load', 32),
    yAxis: axis('shadow load', 48),
    series: [
      region('with packet cancellation', WITH, regionEdge(limits.with)),
      region('without', WITHOUT, regionEdge(limits.without)),
      ...(links.length === 0
        ? []
        : [
            {
              name: 'links of the run, measured',
              type: 'scatter',
              symbolSize: 8,
              itemStyle: { color: INK },
              data: links.map(({ realLoad, shadowLoad }) => [Math.min(1, realLoad), Math.min(1, shadowLoad)]),
            },
          ]),
    ],
  };
}

/** Down to the axis at the largest real load. */
function closed(points: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const last = points.at(-1);
  return last === undefined || last[1] === 0 ? points : [...points, [last[0], 0]];
}
