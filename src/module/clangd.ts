/**
 * `.clangd` for a module: gcc's own arguments that clang does not know are taken out of
 * compile_commands.json, so that clangd does not stop at them.
 */
export const clangdText = `# Lets clangd read compile_commands.json of a kernel that gcc builds.
CompileFlags:
  Remove:
    - -fconserve-stack
    - -fno-allow-store-data-races
    - -fno-ipa-*
    - -fmin-function-alignment=*
    - -fsanitize=bounds-strict
    - -ftrivial-auto-var-init=zero
    - -femit-struct-debug-baseonly
    - -mindirect-branch*
    - -mfunction-return=*
    - -mharden-sls=*
    - -mno-fp-ret-in-387
    - -mpreferred-stack-boundary=*
    - -mrecord-mcount
    - -mskip-rax-setup
    - -Wno-alloc-size-larger-than
    - -Walloc-size-larger-than=*
    - -Wstringop-overflow=*
    - -Wno-stringop-*
    - -Wimplicit-fallthrough=*
`;
