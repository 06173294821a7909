/** Lines over a quantity, as SVG; ECharts draws it without a browser. */

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

export interface Axis {
  readonly name: string;
  readonly scale?: 'linear' | 'log';
  readonly min?: number;
  readonly max?: number;
}

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** A goal or a prediction, not a measurement. */
  readonly dashed?: boolean;
}

const COLOURS = ['#1f6feb', '#d9480f', '#2b8a3e', '#862e9c', '#5c940d', '#495057', '#c2255c', '#0b7285'];

const WIDTH = 760;
const LEGEND_ROW = 25;

/** How many rows the names of the lines need, at six pixels a letter. */
function legendRows({ lines }: Chart): number {
  let [rows, used] = [1, 0];
  for (const { name } of lines) {
    const width = 45 + 6.5 * name.length;
    if (used > 0 && used + width > WIDTH - 20) [rows, used] = [rows + 1, 0];
    used += width;
  }
  return rows;
}

export async function drawChart(chart: Chart): Promise<string> {
  const [echarts, charts, components, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  echarts.use([
    charts.LineChart,
    components.GridComponent,
    components.LegendComponent,
    components.TitleComponent,
    renderers.SVGRenderer,
  ]);
  const drawing = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: 440 + LEGEND_ROW * legendRows(chart),
  });
  try {
    drawing.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      color: COLOURS,
      title: { text: chart.title, left: 'center', textStyle: { fontSize: 15 } },
      legend: { bottom: 0 },
      grid: { left: 80, right: 30, top: 45, bottom: 55 + LEGEND_ROW * legendRows(chart) },
      xAxis: { ...axisOf(chart.x), nameLocation: 'middle', nameGap: 28 },
      yAxis: { ...axisOf(chart.y), nameLocation: 'middle', nameGap: 58 },
      series: chart.lines.map(({ name, points, dashed }) => ({
        name,
        type: 'line',
        data: points,
        symbol: dashed === true ? 'none' : 'emptyCircle',
        symbolSize: 6,
        lineStyle: { type: dashed === true ? 'dashed' : 'solid', width: 2 },
      })),
    });
    return drawing.renderToSVGString({ useViewBox: true });
  } finally {
    drawing.dispose();
  }
}

function axisOf({ name, scale, min, max }: Axis) {
  return {
    type: scale === 'log' ? 'log' : 'value',
    name,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}
