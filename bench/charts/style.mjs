/** Kvasir's own bars stand out; the scale of colours is safe for the colour-blind (Okabe and Ito, 2008). */
export const OURS = '#0072B2';
export const OTHERS = '#B8BCC2';
export const SECOND = '#D55E00';

export const TEXT = '#24292f';
const FAINT = '#57606a';
const GRID = '#e6e8eb';

/** A white background: the same in light and dark viewers. */
export const STYLE = {
  background: '#ffffff',
  padding: 16,
  font: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  title: {
    anchor: 'start',
    fontSize: 16,
    color: TEXT,
    subtitleColor: FAINT,
    subtitleFontSize: 12,
    subtitlePadding: 6,
    frame: 'group',
    offset: 14,
  },
  axis: {
    labelColor: TEXT,
    titleColor: FAINT,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    gridColor: GRID,
    domain: false,
    ticks: false,
    labelLimit: 300,
    labelPadding: 6,
  },
  legend: { labelColor: TEXT, labelFontSize: 12, titleColor: FAINT, labelLimit: 400 },
  view: { stroke: null },
};

/** Where and when, for a subtitle. */
export const about = ({ machine, versions, date }) =>
  `${machine.cores} cores, ${machine.cpu}; Node.js ${versions.node}; ${date}`;
