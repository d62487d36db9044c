// A dashboard as these are: Grafana's own types, and the panels' options by their type.
import {
  Dashboard as AnyDashboard, FieldConfig, FieldConfigSource, Panel as AnyPanel, RowPanel,
} from '@grafana/schema/dist/types/raw/dashboard/x/types.gen';
import { DataQuery } from '@grafana/schema/dist/types/common/common.gen';
import * as barGauge from '@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/types.gen';
import * as stat from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen';
import * as table from '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen';
import * as timeSeries from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen';

// The data source's own plugin declares these.
interface PrometheusQuery extends DataQuery {
  datasource: { type: 'prometheus'; uid: string };
  expr: string;
  legendFormat?: string;
  format?: 'time_series' | 'table' | 'heatmap';
  instant?: boolean;
  range?: boolean;
  editorMode?: 'code' | 'builder';
}

interface Fields<Custom> {
  defaults: Omit<FieldConfig, 'custom'> & { custom?: Partial<Custom> };
  overrides: FieldConfigSource['overrides'];
}

interface Panel<Type, Options, Custom>
  extends Omit<AnyPanel, 'type' | 'options' | 'fieldConfig' | 'targets'> {
  type: Type;
  options: Partial<Options>;
  fieldConfig: Fields<Custom>;
  targets: PrometheusQuery[];
}

export interface Dashboard extends Omit<AnyDashboard, 'panels'> {
  panels: (
    | RowPanel
    | Panel<'bargauge', barGauge.Options, {}>
    | Panel<'stat', stat.Options, {}>
    | Panel<'table', table.Options, table.FieldConfig>
    | Panel<'timeseries', timeSeries.Options, timeSeries.FieldConfig>
  )[];
}
