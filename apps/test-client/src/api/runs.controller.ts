import { Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import { DEFAULT_API, WireController, WireGet, WireRefusal, type WireAnswer, type WireRequest } from '@kvasir/http';
import { TEST_CLIENT_CONFIG } from '../config/config.token.js';
import type { TestClientConfig } from '../config/config.js';
import { KEPT_RUNS } from '../runs/run-history.js';
import { RunService } from '../runs/run-service.js';
import { ALL_WORKFLOWS } from '../workflows/all-workflows.js';
import { checkedQuery } from './checked-query.js';
import { RunDto, RunListDto, RunsQueryDto, StatusDto } from './dto.js';
import { jsonAnswer } from './json-answer.js';
import { TestRefusals } from './refusals.js';
import { runDetails, runSummary } from './run-answers.js';

const NO_SUCH_RUN = `there is no such run: the last ${KEPT_RUNS} since the start are kept`;

/** What became of the workflows. */
@ApiTags('runs')
@WireController('test', DEFAULT_API)
export class RunsController {
  constructor(
    @Inject(RunService) private readonly runs: RunService,
    @Inject(TEST_CLIENT_CONFIG) private readonly config: TestClientConfig,
  ) {}

  @WireGet('status')
  @ApiOperation({ summary: 'Ask which service is tested, and with which workflows' })
  @ApiOkResponse({ type: StatusDto })
  @TestRefusals()
  status(): WireAnswer {
    return jsonAnswer({
      status: 'Test client is running',
      kv_service_url: this.config.target.url,
      workflows: ALL_WORKFLOWS.map(({ name }) => name),
      runs: this.runs.list().length,
    });
  }

  @WireGet('runs')
  @ApiOperation({ summary: `List the last ${KEPT_RUNS} runs` })
  @ApiQuery({ name: 'workflow', required: false, enum: ALL_WORKFLOWS.map(({ name }) => name) })
  @ApiQuery({ name: 'success', required: false, type: Boolean })
  @ApiQuery({ name: 'limit', required: false, type: 'integer' })
  @ApiOkResponse({ type: RunListDto })
  @TestRefusals({
    400: { when: 'A parameter is unknown, or does not fit.', text: `limit is a whole number from 1 to ${KEPT_RUNS}` },
  })
  list(request: WireRequest): WireAnswer {
    const { workflow, success, limit } = checkedQuery(RunsQueryDto, request.query);
    const runs = this.runs
      .list()
      .filter((run) => workflow === undefined || run.workflow === workflow)
      .filter((run) => success === undefined || (run.failure === undefined) === success)
      .slice(0, limit);
    return jsonAnswer({ runs: runs.map(runSummary) });
  }

  @WireGet('runs/:id')
  @ApiOperation({ summary: 'Read a run, with every request of it' })
  @ApiParam({ name: 'id', type: String, format: 'uuid' })
  @ApiOkResponse({ type: RunDto })
  @TestRefusals({
    400: { when: 'The path is no percent-encoded UTF-8.', text: 'bad percent-encoding in the path' },
    404: { when: 'There is no such run, or none any more.', text: NO_SUCH_RUN },
  })
  read(request: WireRequest): WireAnswer {
    const run = this.runs.get(request.param('id'));
    if (run === undefined) {
      throw new WireRefusal(404, NO_SUCH_RUN);
    }
    return jsonAnswer(runDetails(run));
  }
}
