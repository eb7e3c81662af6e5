import { ApiProperty } from '@nestjs/swagger';

/** Body of `POST /api/v1/store/{key}`. */
export class SetValueDto {
  @ApiProperty({ example: '5' })
  value!: string;
}

/** Body of `PUT /api/v1/store/{key}/increment`. */
export class IncrementDto {
  @ApiProperty({
    type: 'integer',
    format: 'int64',
    description: 'What to add, exact to 64 bits (signed): an optional minus and digits.',
    example: 3,
  })
  increment!: number;
}

/** What was done, in words. */
export class MessageDto {
  @ApiProperty({ example: 'Value set successfully' })
  message!: string;
}

/** A key's value. */
export class ValueTextDto {
  @ApiProperty({ description: "A string's content; for any other value its JSON text.", example: '5' })
  value!: string;
}

/** Whether a key is there. */
export class ExistsDto {
  @ApiProperty({ example: true })
  exists!: boolean;
}

/** The sum. */
export class NewValueDto {
  @ApiProperty({
    type: 'integer',
    format: 'int64',
    description: 'Exact to 64 bits: clients whose numbers are doubles round it past 2^53.',
    example: 8,
  })
  new_value!: number;
}

/** An error. */
export class StoreErrorDto {
  @ApiProperty({ enum: ['error'], example: 'error' })
  status!: string;

  @ApiProperty({ description: 'What was wrong, and what is allowed.', example: "Key 'visits' not found" })
  message!: string;
}
