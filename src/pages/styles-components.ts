export const componentStyles = `
form{margin:0}
.field{margin:0 0 1.25rem}
.field label{display:block;font-weight:600;margin-bottom:.35rem}
.field label span{font-weight:400;color:var(--muted)}
.field input{display:block;width:100%;min-height:3rem;padding:.6rem .85rem;font:inherit;color:var(--text);background:var(--field);
border:1px solid var(--edge);border-radius:.65rem}
.field input:hover{border-color:var(--text)}
.field input:focus-visible{outline:3px solid var(--link);outline-offset:1px;border-color:var(--link)}
.field input[aria-invalid]{border:2px solid var(--danger)}
.field .hint{margin:0 0 .4rem;font-size:.925rem;color:var(--muted)}
.field .error{margin:0 0 .4rem;font-size:.95rem;font-weight:600;color:var(--danger)}
.reveal{display:block;margin:.3rem 0 -.5rem auto;padding:.15rem .5rem;font:inherit;font-size:.925rem;color:var(--link);background:none;cursor:pointer;
text-decoration:underline;text-underline-offset:.2em;border:1px solid transparent;border-radius:.4rem}
.reveal[aria-pressed=true]{text-decoration:none;background:var(--notice-back);border-color:var(--link)}
input.code{font-variant-numeric:tabular-nums;font-size:1.5rem;letter-spacing:.35em;text-align:center}
.button{display:inline-block;min-height:3rem;padding:.65rem 1.35rem;font:inherit;font-weight:600;line-height:1.5;text-align:center;
text-decoration:none;cursor:pointer;border-radius:.65rem;color:var(--on-accent);background:var(--accent);border:1px solid var(--accent-edge)}
.button:hover{background:var(--accent-hover)}
.button.block{display:block;width:100%}
.button.quiet{color:var(--text);background:transparent;border-color:var(--edge)}
.button.quiet:hover{background:var(--notice-back);border-color:var(--text)}
.button.small{min-height:2.5rem;padding:.4rem 1rem;font-size:.95rem}
.problem,.notice{margin:0 0 1.5rem;padding:.9rem 1.1rem;border-radius:.65rem;border-inline-start:4px solid}
.problem{color:var(--danger);background:var(--danger-back);border-color:var(--danger)}
h1+.problem,h1+.notice{margin-top:1.25rem}
.problem h2{font-size:1rem}
.problem p,.notice p{margin:0}
.problem ul{margin:.35rem 0 0;padding-inline-start:1.1rem}
.problem a{color:inherit}
.notice{background:var(--notice-back);border-color:var(--link)}
.after{margin:1.5rem 0 0;color:var(--muted)}
.providers{display:grid;gap:.75rem;margin-top:1.25rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.75rem}
.section{margin-top:2rem;padding-top:1.75rem;border-top:1px solid var(--line)}
.facts{display:grid;grid-template-columns:auto 1fr;gap:.15rem .9rem;margin:0;font-size:.925rem}
.facts dt{color:var(--muted)}
.facts dd{margin:0;grid-column:2}
.request{margin-top:1.75rem;padding-top:1.25rem;border-top:1px solid var(--line);font-size:.925rem;color:var(--muted)}
.request p{margin:0 0 .25rem}
code,.message{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{color:var(--text)}
.list{list-style:none;margin:1.25rem 0 0;padding:0}
.list>li{padding:1.15rem 0;border-top:1px solid var(--line)}
.list>li:last-child{border-bottom:1px solid var(--line)}
.session{display:flex;flex-wrap:wrap;gap:.75rem 1.5rem;align-items:center;justify-content:space-between}
.session>div{flex:1 1 15rem}
.session :is(h2,h3){margin:0 0 .3rem;font-size:1rem}
.tag{display:inline-block;margin-inline-end:.5rem;padding:.05rem .6rem;font-size:.85rem;font-weight:600;border-radius:1rem;
color:var(--link);background:var(--notice-back);border:1px solid var(--link)}
.who{margin:0 0 1.25rem;font-size:1.05rem}
.message{margin:.9rem 0 0;padding:.9rem 1rem;font-size:.875rem;line-height:1.5;white-space:pre-wrap;background:var(--field);
border:1px solid var(--line);border-radius:.65rem}
.passkey{margin-top:1rem}
.passkey .error{margin:.75rem 0 0;font-weight:600;color:var(--danger)}
.passkeys form+form{margin-top:.5rem}
.passkeys .facts{margin:.35rem 0 1rem}
.field.inline{margin-bottom:.5rem}
.qr{max-width:15rem;margin:0 auto 1.25rem;padding:.5rem;background:#fff;border-radius:.65rem}
.qr svg{display:block;width:100%;height:auto}
.codes{list-style:none;display:grid;grid-template-columns:1fr 1fr;gap:.5rem 1rem;margin:0;padding:0;font-size:1.1rem}
.code-shown{font-size:1.25rem;font-weight:600;letter-spacing:.15em}
@media (max-width:30rem){.facts{grid-template-columns:1fr;gap:0}.facts dd{grid-column:1;margin-bottom:.35rem}.actions .button,.actions form{width:100%}
.session form,.session .button{width:100%}}
`
