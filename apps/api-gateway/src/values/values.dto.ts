import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const KEY = { description: '1 to 1,024 bytes of UTF-8, any character but NUL.', example: 'hello' };

/** A value with its key. */
export class ValueDto {
  @ApiProperty(KEY)
  key!: string;

  @ApiProperty({ description: 'The string; of a value that is no string, its JSON text.', example: 'world' })
  value!: string;
}

/** Body of `PUT /v1/values`. */
export class PutValueDto {
  @ApiProperty(KEY)
  key!: string;

  @ApiPropertyOptional({ description: 'Any text that UTF-8 can carry.', default: '', example: 'world' })
  value?: string;
}

/** An error. */
export class ErrorDto {
  @ApiProperty({ description: 'What was wrong.', example: 'Key not found' })
  error!: string;
}
