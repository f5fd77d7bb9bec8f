"""Taint analysis: where untrusted data can arrive, found by running a module on abstract values.

The text becomes a tree of the standard library's `ast` (`syntax`; `convert*` where CPython's parser cannot), which is
executed on abstract values: constants are folded, containers and objects are followed by key and attribute, and
untrusted data carries the way that it took. What is a source, a sanitizer or a sink is data (`rules/*.toml`, explained
in `docs/taint-rules.md`).

modules                                           what they do
`catalogue`                                       the rule files, indexed by name
`values` `state`                                  abstract values; variables and heap at one point of the program
`machine` `site`                                  what the parts share: budget, modules, what was found; one call
`expressions` `comprehensions` `formatting` `folding`   the value of an expression
`statements` `patterns` `imports`                 the state after a statement
`conditions` `knowledge` `charsets`               what is known where a condition holds
`calls` `functions` `models` `texts` `containers` what a call gives back and what it changes
`files`                                           what was written into files
`handlers` `callbacks`                            functions that only a framework or a library calls
`sinks`                                           what must not arrive, and where it did
`engine` `report`                                 one file from its text to its findings
"""
