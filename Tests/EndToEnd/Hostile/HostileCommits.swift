/// Commits whose people, dates and messages are damaged. Their trees count: who and when is unknown.
enum HostileCommits {
    private static func author(_ name: String, _ line: String) -> HostileRow {
        .commit("author: \(name)", "author=b'\(line)'")
    }

    static let people: [HostileRow] = [
        author("no mail address", "A 1700000000 +0000"), author("half a mail address", "A <a@x 1700000000 +0000"),
        author("no name", "<a@x> 1700000000 +0000"), author("an empty address", "A <> 1700000000 +0000"),
        author("two closing brackets", "A <a@x>> 1700000000 +0000"),
        author("two opening brackets", "A <a<b@x> 1 +0000"),
        author("nothing", ""), author("a zero byte", "A\\0B <a@x> 1700000000 +0000"),
        author("control characters", "A\\x1b[2J\\x07 <a\\x1b@x> 1700000000 +0000"),
        author("no UTF-8", "\\xff\\xfe <\\xff@x> 1700000000 +0000"),
        .commit("author: a name of 2 MiB", "author=b'n' * (2 << 20) + b' <a@x> 1 +0000'"),
        .commit("no author", "header=b'committer ' + GOOD"), .commit("no committer", "header=b'author ' + GOOD"),
        .commit("neither author nor committer", "header=b'x y'"),
        .commit("two authors", "header=b'author ' + GOOD + b'\\nauthor B <b@x> 1 +0000\\ncommitter ' + GOOD"),
        .commit("the committer first", "header=b'committer ' + GOOD + b'\\nauthor ' + GOOD"),
    ]

    static let dates: [HostileRow] = [
        author("a date of 23 digits", "A <a@x> 12345678901234567890123 +0000"),
        author("a date of 20 digits", "A <a@x> 99999999999999999999 +0000"),
        author("the year 10000", "A <a@x> 253402300800 +0000"), author("18 digits", "A <a@x> 999999999999999999 +0000"),
        author("the last second of 9999, west", "A <a@x> 253402300799 -1200"),
        author("before 1970", "A <a@x> -62135596801 +0000"), author("a word", "A <a@x> soon +0000"),
        author("no date", "A <a@x>"), author("no time zone", "A <a@x> 1700000000"),
        author("a zone that is none", "A <a@x> 1700000000 Z"), author("a zone of 99 hours", "A <a@x> 1700000000 +9999"),
        author("a zone of 30 digits", "A <a@x> 1700000000 -999999999999999999999999999999"),
        .commit("committer: the year 10000", "committer=b'A <a@x> 253402300800 +0000'"),
        .commit("committer: 23 digits", "committer=b'A <a@x> 12345678901234567890123 +0000'"),
        .commit("committer: older than the parent", "committer=b'A <a@x> 1 +0000'"),
    ]

    static let messages: [HostileRow] = [
        .commit("message: none", "message=b''"), .commit("message: 20 MiB", "message=b'm' * (20 << 20)"),
        .commit("message: zero bytes", "message=b'a\\0b\\n\\nPrune: approve\\n'"),
        .commit("message: control characters", "message=b'\\x1b]0;x\\x07::error::x\\r\\n'"),
        .commit("message: no UTF-8", "message=b'\\xff\\xfe\\n'"),
        .commit("message: 100,000 trailers", "message=b'x\\n\\n' + b'Prune: no\\n' * 100000"),
        .commit("encoding: ISO-8859-1", "more=b'encoding ISO-8859-1\\n', message=b'J\\xf6rg\\n'"),
        .commit("encoding: none such", "more=b'encoding ../../x\\n', message=b'J\\xf6rg\\n'"),
        .commit("encoding: UTF-7", "more=b'encoding UTF-7\\n', message=b'+AAA-\\n'"),
        .commit("a signature that is none", "more=b'gpgsig -----BEGIN SSH SIGNATURE-----\\n x\\n'"),
        .commit("a header of 5 MiB", "more=b'x ' + b'y' * (5 << 20) + b'\\n'"),
        .commit("100,000 headers", "more=b'x y\\n' * 100000"),
        HostileRow(
            name: "a header without an end",
            snippet: "head = obj('commit', b'tree ' + base_tree.encode() + b'\\nparent ' + base.encode() + b'\\n')"
        ),
        HostileRow(
            name: "300 parents",
            snippet:
                "head = commit(base_tree, [base] + [commit(base_tree, [base], message=b'%d' % n) for n in range(300)])"
        ),
        HostileRow(name: "one parent 100 times", snippet: "head = commit(base_tree, [base] * 100)"),
        HostileRow(name: "another history", snippet: "head = commit(base_tree, [])", report: "rewritten"),
        HostileRow(
            name: "500 damaged commits in a row",
            snippet: """
                head = base
                for n in range(500): head = commit(base_tree, [head], author=b'A %d' % n, committer=b'A <a@x> %d9999999999 +0000' % n)
                """
        ),
    ]
}
