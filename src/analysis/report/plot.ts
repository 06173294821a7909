/**
 * A line plot as SVG, made by ECharts on this side so that the page needs no script. Colours are variables of the
 * page's style sheet, so the same plot is right in light and dark.
 */
import type { EChartsCoreOption } from 'echarts/core';
import { type Html, trusted } from './escape.ts';

export interface Series {
  readonly className: 'real' | 'shadow';
  /** x in seconds; y null where there is nothing to show. */
  readonly points: readonly (readonly [number, number | null])[];
}

/** A vertical line: a step begins. */
export interface Mark {
  readonly atS: number;
  readonly label: string;
  readonly failure: boolean;
}

export interface Plot {
  readonly fromS: number;
  readonly toS: number;
  /** Largest y when all values are 0. */
  readonly emptyMax: number;
  /** Top of the axis where there is one, such as 100 %. */
  readonly limit?: number;
  readonly series: readonly Series[];
  readonly marks: readonly Mark[];
  readonly format: (value: number) => string;
}

const WIDTH = 380;
const HEIGHT = 210;
const LEFT = 62;
const RIGHT = 12;
/** Labels of marks closer than this would cover one another. */
const LABEL_GAP = 15;

/** Draws plots; holds the library, which is loaded once and only when there is something to draw. */
export type Plotter = (plot: Plot, label: string) => Html;

export async function plotter(): Promise<Plotter> {
  const [echarts, charts, components, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  echarts.use([
    charts.LineChart,
    components.GridComponent,
    components.MarkLineComponent,
    renderers.SVGRenderer,
  ]);
  let drawn = 0;
  return (plot, label) => {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
    try {
      chart.setOption(optionsOf(plot));
      drawn++;
      return cleaned(chart.renderToSVGString({ useViewBox: true }), drawn, label);
    } finally {
      chart.dispose();
    }
  };
}

/**
 * The library numbers its drawings over the life of the process, and adds styles for hovering: with numbers of our
 * own the page is the same for the same run. Its text is escaped already.
 */
function cleaned(svg: string, number: number, label: string): Html {
  const safeLabel = label.replace(/[^\w .,:-]/g, '');
  return trusted(
    svg
      .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
      .replace(/<rect[^>]*fill="none"[^>]*><\/rect>/, '')
      .replace(/ (class|pointer-events|ecmeta_\w+|version|baseProfile|xmlns(:xlink)?)="[^"]*"/g, '')
      .replace(/zr\d+-/g, `plot${number}-`)
      .replace(/<svg width="\d+" height="\d+"/, `<svg class="plot" role="img" aria-label="${safeLabel}"`)
      .replace(/>\n+</g, '><'),
  );
}

function optionsOf(plot: Plot): EChartsCoreOption {
  const highest = Math.max(0, ...plot.series.flatMap((one) => one.points.map(([, y]) => y ?? 0)));
  const top =
    highest === 0
      ? plot.emptyMax
      : plot.limit !== undefined && highest > plot.limit / 2
        ? plot.limit
        : undefined;
  const everyS = roundStep((plot.toS - plot.fromS) / 5);
  const muted = 'var(--muted)';
  return {
    animation: false,
    silent: true,
    textStyle: { fontFamily: 'inherit', fontSize: 11, color: muted },
    grid: { left: LEFT, right: RIGHT, top: 24, bottom: 26 },
    xAxis: {
      type: 'value',
      min: plot.fromS,
      max: plot.toS,
      axisLine: { lineStyle: { color: 'var(--axis)' } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        color: muted,
        fontSize: 11,
        customValues: multiplesOf(everyS, plot),
        formatter: (value: number) => `${Number(value.toPrecision(6))} s`,
      },
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(top === undefined ? { splitNumber: 3 } : { max: top, interval: top / 2 }),
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: 'var(--border)' } },
      axisLabel: { color: muted, fontSize: 11, formatter: plot.format },
    },
    series: plot.series.map((one, i) => ({
      type: 'line',
      showSymbol: false,
      data: one.points,
      step: false,
      lineStyle: {
        color: `var(--${one.className})`,
        width: one.className === 'real' ? 1.6 : 1.8,
        type: one.className === 'real' ? 'solid' : [6, 3],
      },
      ...(i === 0 ? { markLine: marksOf(plot) } : {}),
    })),
  };
}

/** The next of 1, 2, 5, 10, 20, ... (and their fractions). */
function roundStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1e-6, atLeast)));
  return ([1, 2, 5].find((factor) => factor * power >= atLeast) ?? 10) * power;
}

function multiplesOf(everyS: number, plot: Plot): readonly number[] {
  const first = Math.ceil(plot.fromS / everyS);
  const count = Math.floor(plot.toS / everyS) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * everyS);
}

function marksOf(plot: Plot): unknown {
  const perS = (WIDTH - LEFT - RIGHT) / Math.max(1e-9, plot.toS - plot.fromS);
  let lastX = Number.NEGATIVE_INFINITY;
  const data = plot.marks
    .filter((mark) => mark.atS >= plot.fromS && mark.atS <= plot.toS)
    .map((mark) => {
      const x = mark.atS * perS;
      const show = x - lastX >= LABEL_GAP;
      if (show) lastX = x;
      const color = mark.failure ? 'var(--fail)' : 'var(--axis)';
      return {
        xAxis: mark.atS,
        lineStyle: { color, width: 1, type: mark.failure ? 'solid' : [2, 3] },
        label: {
          show,
          formatter: mark.label,
          color: mark.failure ? 'var(--fail)' : 'var(--muted)',
          fontSize: 11,
        },
      };
    });
  return { silent: true, symbol: 'none', data };
}
