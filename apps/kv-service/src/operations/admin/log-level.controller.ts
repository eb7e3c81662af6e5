import { ApiBody, ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import {
  BODY_REFUSALS,
  DEFAULT_API,
  shorten,
  WireAnswer,
  WireController,
  WireGet,
  WirePut,
  WireRefusal,
  type WireRequest,
} from '@kvasir/http';
import { JsonReader } from '@kvasir/kv-core';
import { LOG_LEVELS, logLevel, LogLevelSwitch, type LogLevel } from '@kvasir/service';
import { AdminKey } from './admin-key.js';
import { AdminDocs, AdminRefusals } from './admin.docs.js';

/** The least severe level that is logged. */
export class LogLevelDto {
  @ApiProperty({ enum: LOG_LEVELS, example: 'debug' })
  level!: LogLevel;
}

/** `/admin/log-level`: LOG_LEVEL of the running process. The next start goes by the setting again. */
@AdminDocs()
@WireController('admin/log-level', DEFAULT_API)
export class LogLevelController {
  constructor(
    private readonly adminKey: AdminKey,
    private readonly logs: LogLevelSwitch,
    @InjectPinoLogger(LogLevelController.name) private readonly logger: PinoLogger,
  ) {}

  @WireGet()
  @ApiOperation({ summary: 'Ask what is logged' })
  @ApiOkResponse({ type: LogLevelDto })
  get(request: WireRequest): WireAnswer {
    this.adminKey.require(request);
    return this.answer();
  }

  @WirePut()
  @ApiOperation({ summary: 'Change what is logged', description: 'Until the process ends; nothing is restarted.' })
  @ApiBody({ type: LogLevelDto })
  @ApiOkResponse({ type: LogLevelDto })
  @AdminRefusals({
    400: { when: 'This is no level.', text: `the body has no 'level': allowed is ${logLevel.allowed}` },
    ...BODY_REFUSALS,
    503: {
      when: 'Too many large bodies are arriving.',
      text: 'there is no room left for large request bodies: too many are arriving; try again',
    },
  })
  put(request: WireRequest): WireAnswer {
    this.adminKey.require(request);
    const level = readLevel(request.body);
    const { level: from } = this.logs;
    this.logs.level = level;
    // Whatever the levels are: who reads the log has to know why there is less of it, or more.
    const always = this.logger.logger.child({ context: LogLevelController.name }, { level: 'info' });
    always.info({ from, to: level }, 'the log level was changed');
    return this.answer();
  }

  private answer(): WireAnswer {
    return new WireAnswer(200, JSON.stringify({ level: this.logs.level }), { 'Cache-Control': 'no-store' });
  }
}

/**
 * Decodes `{"level": "debug"}`.
 *
 * @throws JsonReadError for what is no such JSON
 * @throws WireRefusal 400 for a missing level, another one, or another member
 */
function readLevel(body: Buffer): LogLevel {
  let level: LogLevel | undefined;
  const reader = new JsonReader(body, { maxDepth: 1 });
  reader.enterObject();
  for (let name = reader.nextMember(); name !== undefined; name = reader.nextMember()) {
    if (name !== 'level')
      throw new WireRefusal(400, `the body has a member '${shorten(name)}'; allowed is 'level' alone`);
    const text = reader.readString();
    level = logLevel.parse(text);
    if (level === undefined) throw new WireRefusal(400, `level is '${shorten(text)}': allowed is ${logLevel.allowed}`);
  }
  reader.end();
  if (level === undefined) throw new WireRefusal(400, `the body has no 'level': allowed is ${logLevel.allowed}`);
  return level;
}
