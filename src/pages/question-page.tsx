/** @jsxImportSource hono/jsx */
// A page with one form, its problem, and the ways on: what most pages of a login are.
import type { Child } from 'hono/jsx'
import { ErrorSummary, Field, type FieldProps, Notice, PostForm, SubmitButton, isEasedByScript } from './form.tsx'
import { layout, type Page, type PageBase } from './layout.tsx'
import { type PageScript, scripts } from './scripts.ts'
import type { NoticeKey, ProblemKey, Texts } from './texts/en.ts'

/** What every such page is told, whatever it asks. */
export type QuestionBase = PageBase & {
  readonly basePath: string
  readonly csrfToken: string
  readonly returnTo?: string | null | undefined
  readonly problem?: ProblemKey | undefined
  readonly retryAfterS?: number | undefined
  /** The text to show at each wrong field. */
  readonly wrong?: Readonly<Record<string, string | undefined>> | undefined
  readonly notice?: NoticeKey | undefined
}

export type AskedField = Omit<FieldProps, 'name' | 'error'> & { readonly name: keyof Texts['fields'] }

export type Question = {
  readonly title: string
  readonly lead?: Child
  /** Left out where there is nothing to send from here: then so is the form. */
  readonly action?: string
  readonly submit?: string
  readonly hidden?: Readonly<Record<string, string | null | undefined>>
  readonly fields?: readonly AskedField[]
  /** Before the form, such as a picture it is about. */
  readonly before?: Child
  readonly after?: Child
  readonly scripts?: readonly PageScript[] | undefined
}

const Hidden = ({ values }: { values: NonNullable<Question['hidden']> }) => (
  <>
    {Object.entries(values).map(([name, value]) =>
      value === null || value === undefined ? null : <input type="hidden" name={name} value={value} />,
    )}
  </>
)

/** Those that its fields are easier with come by themselves. */
const scriptsOf = ({ fields = [], scripts: own = [] }: Question): readonly PageScript[] =>
  fields.some(isEasedByScript) ? [...own, scripts.conveniences] : own

export function questionPage(base: QuestionBase, question: Question): Page {
  const { theme, texts, languageLinks, problem, wrong = {} } = base
  const { fields = [] } = question
  const wrongFields = fields.flatMap(({ name }) => {
    const text = wrong[name]
    return text === undefined ? [] : [[name, text] as const]
  })
  const hasProblem = problem !== undefined || wrongFields.length > 0
  return layout(
    { theme, texts, languageLinks, title: question.title, hasProblem, scripts: scriptsOf(question) },
    <>
      {question.lead === undefined ? null : <p class="lead">{question.lead}</p>}
      <ErrorSummary texts={texts} problem={problem} retryAfterS={base.retryAfterS} fields={wrongFields} />
      <Notice texts={texts} notice={base.notice} />
      {question.before}
      {question.action === undefined ? null : (
        <PostForm action={question.action} csrfToken={base.csrfToken}>
          <Hidden values={{ ...question.hidden, return_to: base.returnTo }} />
          {fields.map((field) => (
            <Field {...field} error={wrong[field.name]} />
          ))}
          <SubmitButton>{question.submit}</SubmitButton>
        </PostForm>
      )}
      {question.after}
    </>,
  )
}
