import { componentStyles } from './styles-components.ts'
import { type Scheme, type Theme, paletteOf, schemesOf } from './theme.ts'

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const variables = (theme: Theme, scheme: Scheme): string =>
  Object.entries(paletteOf(theme, scheme))
    .map(([name, colour]) => `--${kebab(name)}:${colour}`)
    .join(';')

/** The usual scheme for everybody, and the other one for those who ask for it, where there is another. */
function colours(theme: Theme): string {
  const schemes = schemesOf(theme)
  const [usual, other] = schemes
  const own = `:root{color-scheme:${schemes.join(' ')};${variables(theme, usual)}}`
  return other === undefined ? own : `${own}\n@media (prefers-color-scheme:${other}){:root{${variables(theme, other)}}}`
}

const FRAME = `
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;background:var(--page);color:var(--text);
font:1rem/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Ubuntu,Cantarell,sans-serif;overflow-wrap:anywhere}
.gate{position:absolute;inset:0 0 auto;max-width:1120px;margin:0 auto;height:8.5rem;overflow:hidden;color:var(--bar);pointer-events:none;
-webkit-mask-image:var(--fade);mask-image:var(--fade);--fade:linear-gradient(90deg,transparent,#000 30% 70%,transparent)}
.gate.lowered{height:19rem}
.gate svg{display:block;position:absolute;bottom:0;left:50%;width:1120px;height:304px;margin-left:-560px}
.frame{position:relative;width:100%;max-width:28rem;margin:auto;padding:4.5rem 1rem 3rem}
.frame.wide{max-width:46rem;margin-top:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:1.25rem;padding:2rem 2rem 2.25rem;
box-shadow:0 1px 2px rgb(20 16 8/.05),0 18px 48px -20px rgb(20 16 8/.22)}
.languages{display:flex;flex-wrap:wrap;justify-content:center;gap:.25rem 1.25rem;margin-top:1.25rem;font-size:.9rem}
.languages a{padding:.25rem .5rem}
.brand{display:flex;align-items:center;gap:.75rem;margin:0 0 1.75rem;font-weight:600}
.brand svg{flex:none;width:2.5rem;height:2.75rem;color:var(--accent)}
.brand img{flex:none;display:block;height:2.75rem;width:auto;max-width:9rem;object-fit:contain}
.brand .bars{fill:var(--on-accent)}
.brand .arch{stroke:var(--accent-edge)}
h1{font:600 1.9rem/1.2 'Iowan Old Style','Palatino Linotype',Palatino,ui-serif,Georgia,'Noto Serif',serif;letter-spacing:-.01em;
margin:0 0 .5rem;text-wrap:balance}
h2{font-size:1.1rem;line-height:1.35;margin:0 0 .25rem}
p{margin:0 0 1rem}
.lead,.muted{color:var(--muted)}
.lead{margin-bottom:1.5rem}
.lead strong{color:var(--text)}
a{color:var(--link);text-underline-offset:.2em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
[hidden]{display:none!important}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:30rem){.frame{padding:2.5rem .75rem 2rem}.card{padding:1.5rem 1.15rem 1.75rem;border-radius:1rem}
.gate{height:2.25rem}.brand{margin-bottom:1.25rem}h1{font-size:1.6rem}}
@media (prefers-reduced-motion:no-preference){.gate.raised{animation:raise .9s cubic-bezier(.2,.7,.2,1)}
@keyframes raise{from{height:14rem}}.button,input{transition:background-color .15s,border-color .15s}}
@media (forced-colors:active){.card,.button{border:1px solid}.brand svg{color:CanvasText}.brand .bars{fill:Canvas}}
@media print{.gate{display:none}}
`

/** One style element a page: the policy allows no other styling, and a page is complete after one request. */
export const stylesFor = (theme: Theme): string => `${colours(theme)}${FRAME}${componentStyles}`
