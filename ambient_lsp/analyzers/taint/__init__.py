"""Taint analysis: where untrusted data can arrive, found by running a module on abstract values.

The text becomes a tree of the standard library's `ast` (`syntax`), which is executed on abstract values (`values`,
`state`): constants are folded, containers and objects are followed by key and attribute, and untrusted data carries the
path that it took. What is a source, a sanitizer or a sink is data (`rules/*.toml`, explained in `docs/taint-rules.md`).

module          what it does
`syntax`        text to tree, for every Python version and half-typed text
`catalogue`     the rule files, indexed by name
`values`        abstract values and how two become one
`state`         variables and heap at one point of the program
`machine`       what the parts below share: the budget, the modules, what was found
`expressions`   the value of an expression
`statements`    the state after a statement
`conditions`    what is known where a condition holds
`calls`         what a call gives back and what it changes
`sinks`         what must not arrive, and where it did
`engine`        one file from its text to its report
`report`        the report as findings
"""
