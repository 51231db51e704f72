import { metricsRow } from './metricsRow.ts';
import { testMetricsRow } from './metricsRowTests.ts';

testMetricsRow(metricsRow, [1, 3, 4, 5, 130]);
