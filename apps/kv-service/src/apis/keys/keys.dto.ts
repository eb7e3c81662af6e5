import { ApiProperty } from '@nestjs/swagger';

const ANY_JSON = { description: 'Any JSON value, null included.', example: { name: 'Alice', langs: ['no', 'en'] } };

/** Body of `POST` and `PUT /keys/{key}`. */
export class KeyAndValueDto {
  @ApiProperty({ description: 'The key of the path once more, as it is when decoded.', example: 'user:1' })
  key!: string;

  @ApiProperty({ ...ANY_JSON, required: true })
  value: unknown;
}

/** A write that was done. */
export class StoredDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ example: 'Value stored successfully' })
  message!: string;
}

/** A key that was deleted. */
export class DeletedDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ example: 'Key deleted successfully' })
  message!: string;
}

/** A key and its value. */
export class RetrievedDto {
  @ApiProperty({ enum: [true], type: Boolean, example: true })
  success!: boolean;

  @ApiProperty({ example: 'user:1' })
  key!: string;

  @ApiProperty({ ...ANY_JSON, required: true })
  value: unknown;
}

/** What went wrong. */
export class KeysErrorDetailDto {
  @ApiProperty({ enum: [false], type: Boolean, example: false })
  success!: boolean;

  @ApiProperty({ description: 'What was wrong, and what is allowed.', example: "Key 'user:1' not found" })
  error!: string;
}

/** An error. */
export class KeysErrorDto {
  @ApiProperty({ type: KeysErrorDetailDto })
  detail!: KeysErrorDetailDto;
}

/** One thing that is wrong with a body. */
export class BodyMisfitDto {
  @ApiProperty({
    type: 'array',
    items: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    description: 'Where: `body`, and in it a member, or the byte at which it stops being JSON.',
    example: ['body', 'value'],
  })
  loc!: (string | number)[];

  @ApiProperty({ example: 'Field required' })
  msg!: string;

  @ApiProperty({ enum: ['missing', 'string_type', 'model_attributes_type', 'json_invalid'], example: 'missing' })
  type!: string;
}

/** A body that does not fit: one entry for each thing that is wrong with it. */
export class BodyMisfitsDto {
  @ApiProperty({ type: [BodyMisfitDto] })
  detail!: BodyMisfitDto[];
}
