// Tells what values a schema accepts, and derives the schema that shows them.
import * as z from 'zod'
import { idOut } from './field.ts'
import type { Noun } from './id.ts'

/** A schema without its wrappers. A pipe stands for the values of its input or output, not for what converts them. */
function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return unwrapped(pipeValue(schema))
  return schema instanceof z.ZodNullable ? unwrapped(schema.unwrap() as z.ZodType) : schema
}

function pipeValue({ def }: z.ZodPipe): z.ZodType {
  return (def.out instanceof z.ZodTransform ? def.in : def.out) as z.ZodType
}

/** Whether the values of a schema are flags, lists and objects, or neither. */
export function valueKind(schema: z.ZodType): 'flag' | 'structure' | 'plain' {
  const { type } = unwrapped(schema).def
  if (type === 'boolean') return 'flag'
  return ['array', 'object', 'record', 'union'].includes(type) ? 'structure' : 'plain'
}

/**
 * The schema that shows what another one accepted: the same values, without limits and descriptions.
 * @throws Error for a schema whose values it does not know how to show
 */
export function shownForm(schema: z.ZodType): z.ZodType {
  const noun = schema.meta()?.noun
  if (noun !== undefined) return idOut(noun as Noun)
  if (schema instanceof z.ZodNullable) return shownForm(schema.unwrap() as z.ZodType).nullable()
  if (schema instanceof z.ZodPipe) return shownForm(pipeValue(schema))
  if (schema instanceof z.ZodArray) return z.array(shownForm(schema.element as z.ZodType))
  if (schema instanceof z.ZodRecord) return z.record(z.string(), shownForm(schema.valueType as z.ZodType))
  if (schema instanceof z.ZodEnum) return z.enum(schema.enum)
  if (schema instanceof z.ZodNumber) return schema.isInt ? z.number().int() : z.number()
  if (schema instanceof z.ZodBoolean) return z.boolean()
  // Its values are read when the schema is first used.
  if (schema instanceof z.ZodLazy) return z.lazy(() => shownForm(schema.unwrap() as z.ZodType))
  if (schema instanceof z.ZodUnknown) return z.unknown()
  if (schema.def.type === 'string') return z.string()
  throw new Error(`There is no shown form of a schema of type ${schema.def.type}: declare the view.`)
}
