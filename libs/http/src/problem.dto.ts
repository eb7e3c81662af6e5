import { ApiProperty } from '@nestjs/swagger';

/** What `problemAnswer` gives, for the documentation of APIs with that form: a text for people, and the members of RFC 9457. */
export class ProblemDto {
  @ApiProperty({ description: 'What was wrong, and what is allowed.', example: 'key not found' })
  error!: string;

  @ApiProperty({ example: 'about:blank' })
  type!: string;

  @ApiProperty({ example: 'Not Found' })
  title!: string;

  @ApiProperty({ type: 'integer', example: 404 })
  status!: number;

  @ApiProperty({ description: 'The same as `error`.', example: 'key not found' })
  detail!: string;
}
