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
  const drawing = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 440 });
  try {
    drawing.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      color: COLOURS,
      title: { text: chart.title, left: 'center', textStyle: { fontSize: 15 } },
      legend: { bottom: 0 },
      grid: { left: 80, right: 30, top: 45, bottom: 75 },
      xAxis: { ...axisOf(chart.x), nameLocation: 'middle', nameGap: 28 },
      yAxis: { ...axisOf(chart.y), nameLocation: 'middle', nameGap: 58 },
      series: chart.lines.map(({ name, points, dashed }) => ({
        name,
        type: 'line',
        data: points,
        showSymbol: dashed !== true,
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
