import { Inject } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { DEFAULT_API, WireController, WirePost, type WireAnswer, type WireRequest } from '@kvasir/http';
import { RunService } from '../runs/run-service.js';
import { ALL_WORKFLOWS } from '../workflows/all-workflows.js';
import type { Workflow } from '../workflows/workflow.js';
import { FailedDto, PassedDto } from './dto.js';
import { jsonAnswer } from './json-answer.js';
import { expectNoParameters } from './no-parameters.js';
import { RUN_REFUSALS, TestRefusals } from './refusals.js';
import { verdict } from './run-answers.js';

/** `POST /test/<name>` for each workflow. */
@ApiTags('workflows')
@ApiExtraModels(PassedDto, FailedDto)
@WireController('test', DEFAULT_API)
export class WorkflowsController {
  constructor(@Inject(RunService) private readonly runs: RunService) {}

  /** Runs a workflow; a run that fails is a 200 too. The `Link` leads to its report. */
  async run(workflow: Workflow, request: WireRequest): Promise<WireAnswer> {
    expectNoParameters(request.body);
    const run = await this.runs.run(workflow, request.span?.context);
    return jsonAnswer(verdict(run), { Link: `</test/runs/${run.id}>; rel="describedby"` });
  }
}

/** Gives the controller a method, and with it a route, for one workflow: what `@WirePost` above a written one does. */
function addRoute(workflow: Workflow): void {
  const { prototype } = WorkflowsController;
  const name = `run_${workflow.name}`;
  Object.defineProperty(prototype, name, {
    value(this: WorkflowsController, request: WireRequest) {
      return this.run(workflow, request);
    },
    configurable: true,
    writable: true,
  });
  const descriptor: TypedPropertyDescriptor<(request: WireRequest) => Promise<WireAnswer>> =
    Object.getOwnPropertyDescriptor(prototype, name) ?? {};
  WirePost(workflow.name)(prototype, name, descriptor);
  ApiOperation({ operationId: `WorkflowsController_${name}`, summary: workflow.summary })(prototype, name, descriptor);
  ApiOkResponse({
    description: 'The run, passed or failed',
    schema: { oneOf: [PassedDto, FailedDto].map((type) => ({ $ref: getSchemaPath(type) })) },
  })(prototype, name, descriptor);
  TestRefusals(RUN_REFUSALS)(prototype, name, descriptor);
}

for (const workflow of ALL_WORKFLOWS) addRoute(workflow);
