"""`am check`: what a book holds, what is wrong with it or may be, and what can be measured with it.

`checkup` looks at a book and gathers what is found, `doubts` what may be wrong with rows that break no rule, `record`
keeps it for the next month's, `saying` makes sentences of it and `page` a page; `command` is `am check`.
"""
