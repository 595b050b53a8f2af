// What the page knows: the views that the workers sent, and what is going on.
import {
  backendNames,
  type BackendName,
  type BackendView,
  type CutView,
  type DeviceView,
  type ErrorView,
  type Measured,
  type MeasuredRow,
  type Method,
  type ModelView,
  type ProfileView,
  type RunView,
} from "../protocol.js";

export interface Busy {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

export interface PageState {
  readonly ready: boolean;
  /** Names of the library's presets. */
  readonly presets: readonly string[];
  readonly device: DeviceView | null;
  readonly backend: BackendView;
  /** The backend that is being opened. */
  readonly opening: BackendName | null;
  readonly busy: Busy | null;
  readonly problem: ErrorView | null;
  readonly model: ModelView | null;
  readonly profile: ProfileView | null;
  readonly rows: readonly MeasuredRow[];
  /** How many rows the chart will have; 0 while that is not known. */
  readonly rowsWanted: number;
  readonly cut: CutView | null;
  /** Of the cut that is shown; null while that is not known. */
  readonly measured: Measured | null;
  readonly run: RunView | null;
  readonly running: boolean;
  /** Said to screen readers. */
  readonly said: string;
}

/** Without a model. */
export const empty = {
  model: null,
  profile: null,
  rows: [],
  rowsWanted: 0,
  cut: null,
  measured: null,
  run: null,
  problem: null,
};

export const atFirst: PageState = {
  ...empty,
  ready: false,
  presets: [],
  device: null,
  backend: { name: backendNames[0], adapter: null },
  opening: null,
  busy: null,
  running: false,
  said: "",
};

/** Where the controls stand at first; a tau has its own scale. */
export const startAt: Readonly<Record<Method, number>> = { hybrid: 0.75, static: 0.75, dynamic: 0.3 };

export function withRow(rows: readonly MeasuredRow[], row: MeasuredRow): readonly MeasuredRow[] {
  const same = (r: MeasuredRow): boolean =>
    r.name === row.name && r.targetCost === row.targetCost && r.tau === row.tau;
  return rows.some(same) ? rows.map((r) => (same(r) ? row : r)) : [...rows, row];
}
