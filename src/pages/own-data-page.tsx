/** @jsxImportSource hono/jsx */
import { fill } from './format.ts'
import type { Page } from './layout.tsx'
import { type QuestionBase, questionPage } from './question-page.tsx'

/** The name, and the ways to a copy of everything and to the end of the account. */
export function ownDataPage(props: QuestionBase & { readonly name: string }): Page {
  const { texts, basePath } = props
  const t = texts.ownData
  return questionPage(props, {
    title: t.title,
    action: `${basePath}/account/data/name`,
    submit: t.saveName,
    fields: [
      {
        name: 'name',
        label: texts.fields.name,
        type: 'text',
        autocomplete: 'name',
        optionalMark: texts.fields.optional,
        hint: texts.signUp.nameHint,
        value: props.name,
        attributes: { maxlength: 200 },
      },
    ],
    after: (
      <>
        <section class="section">
          <h2>{t.exportTitle}</h2>
          <p>{t.exportLead}</p>
          <p>
            <a href={`${basePath}/account/data/export`}>{t.export}</a>
          </p>
        </section>
        <section class="section">
          <h2>{t.deleteTitle}</h2>
          <p>{fill(t.deleteLead, { site: props.theme.name })}</p>
          <p>
            <a href={`${basePath}/account/data/delete`}>{t.toDelete}</a>
          </p>
        </section>
        <p class="after">
          <a href={`${basePath}/account`}>{texts.account.title}</a>
        </p>
      </>
    ),
  })
}

/** The page before the deed: whose account it is, and what goes. */
export function deleteAccountPage(props: QuestionBase & { readonly email: string }): Page {
  const { texts, basePath, theme } = props
  const t = texts.ownData
  return questionPage(props, {
    title: t.deleteTitle,
    lead: fill(t.deleteSure, { email: props.email, site: theme.name }),
    action: `${basePath}/account/data/delete`,
    submit: t.delete,
    after: (
      <p class="after">
        <a href={`${basePath}/account/data`}>{t.keep}</a>
      </p>
    ),
  })
}
