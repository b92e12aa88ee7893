/// Commits whose trees are damaged, or far too large. What was applied before goes on.
enum HostileTrees {
    private static let missing = "'12' * 20"

    static let names: [HostileRow] = [
        .entry(
            "a folder named .git",
            at: "'clusters/.git/x.json'",
            "100644",
            "blob(b'{}')",
            isValid: false,
            validate: "job file is",
            report: "job file is"
        ),
        .entry(
            "a name with control characters",
            at: "b'clusters/\\x1b[2J\\n::error::.json'",
            "100644",
            "blob(b'{}')",
            isValid: false,
            report: "job file is"
        ),
        .entry(
            "a name that is no UTF-8",
            at: "b'clusters/default/partitions/team-a/\\xff.json'",
            "100644",
            "blob(b'{}')",
            isValid: false,
            report: "lower-case"
        ),
        .entry(
            "a name of 5000 bytes",
            at: "'clusters/' + 'n' * 5000 + '.json'",
            "100644",
            "blob(b'{}')",
            isValid: false,
            report: "job file is"
        ),
        .entry(
            "a job in another case",
            at: "'clusters/default/partitions/team-a/A.json'",
            "100644",
            "blob(b'{}')",
            isValid: false,
            report: "lower-case"
        ),
        .entry(
            "a folder named like a job",
            at: "'clusters/default/partitions/team-a/b.json/x'",
            "100644",
            "blob(b'{}')"
        ),
        .entry(
            "names that lead upwards",
            at: "'clusters/../x.json'",
            "100644",
            "blob(b'{}')",
            isValid: false,
            report: "job file is"
        ),
        HostileRow(
            name: "a name with a slash",
            snippet: "head = commit(put(base_tree, 'x', '40000', tree(('100644', 'a/b', blob(b''))), ), [base])"
        ),
    ]

    static let kinds: [HostileRow] = [
        .entry(
            "a link for a job",
            at: "'clusters/default/partitions/team-a/b.json'",
            "120000",
            "blob(b'/etc/passwd')",
            isValid: false
        ),
        .entry(
            "a submodule for a job",
            at: "'clusters/default/partitions/team-a/b.json'",
            "160000",
            "base",
            isValid: false
        ),
        .entry(
            "an executable job",
            at: "'clusters/default/partitions/team-a/b.json'",
            "100755",
            "blob(b'{}')",
            isValid: false
        ),
        .entry(
            "an empty job",
            at: "'clusters/default/partitions/team-a/b.json'",
            "100644",
            "blob(b'')",
            isValid: false
        ),
        .entry(
            "a job of 50 MB",
            at: "'clusters/default/partitions/team-a/b.json'",
            "100644",
            "blob(b' ' * 50000000)",
            isValid: false
        ),
        .entry(
            "a job of zero bytes",
            at: "'clusters/default/partitions/team-a/b.json'",
            "100644",
            "blob(b'\\0' * 1000)",
            isValid: false
        ),
        .entry("a mode with a group's bit", at: "'clusters/default/partitions/team-a/c.txt'", "100664", "blob(b'x')"),
        .entry("a mailmap of 5 MiB", at: "'.mailmap'", "100644", "blob(b'<a@x> <b@x>\\n' * 500000)", report: "mailmap"),
        .entry("a mailmap that is a link", at: "'.mailmap'", "120000", "blob(b'/etc/passwd')"),
        .entry("a mailmap that is a folder", at: "'.mailmap/x'", "100644", "blob(b'')"),
        .entry("a mailmap of nonsense", at: "'.mailmap'", "100644", "blob(b'<' * 100000 + b'\\xff\\0>')"),
        .entry(
            "modules that are none",
            at: "'.gitmodules'",
            "100644",
            "blob(b'[submodule \"../x\"]\\n\\tpath = -x\\n')"
        ),
    ]

    static let sizes: [HostileRow] = [
        .entry(
            "300 folders in one another",
            at: "'clusters/deep'",
            "40000",
            "nested(300, blob(b'{}'), '100644')",
            isValid: false,
            validate: "folders deep",
            report: "folders deep"
        ),
        .entry("300 folders in code", at: "'code/deep'", "40000", "nested(300, blob(b'{}'), '100644')"),
        .entry("a million files in code", at: "'code/wide'", "40000", "nested(4, blob(b'{}'), '100644', 32)"),
        .entry(
            "four trees of millions of files",
            at: "'clusters/wide'",
            "40000",
            "nested(4, blob(b'{}'), '100644', 40)",
            isValid: false,
            validate: "more than 500000 entries",
            report: "more than 500000 entries"
        ),
        .entry(
            "10,000 folders",
            at: "'clusters/default/partitions/team-a/x'",
            "40000",
            "nested(2, tree(), '40000', 100)"
        ),
        .entry("700 MB of zeros in code", at: "'code/large'", "100644", "obj('blob', bytes(700000000))"),
        HostileRow(
            name: "20 names of one blob",
            snippet: """
                id, root = blob(b' ' * 900000), base_tree
                folder = tree(*(('100644', 'n%03d.json' % n, id) for n in range(20)))
                head = commit(put(root, 'clusters/default/partitions/team-b', '40000', folder), [base])
                """,
            isValid: false
        ),
    ]

    /// What git itself can't read either: nothing is concluded from such a tree.
    static let damage: [HostileRow] = [
        HostileRow(
            name: "two entries of one name",
            snippet:
                "head = commit(put(base_tree, 'clusters/x', '40000', tree(('100644', 'a', blob(b'')), ('100644', 'a', blob(b'')))), [base])",
            isValid: false,
            validate: "not in order",
            report: "damaged"
        ),
        HostileRow(
            name: "entries that are not in order",
            snippet:
                "head = commit(put(base_tree, 'clusters/x', '40000', tree(('100644', 'b', blob(b'')), ('100644', 'a', blob(b'')))), [base])",
            isValid: false,
            validate: "not in order",
            report: "damaged"
        ),
        .entry(
            "a mode that is none",
            at: "'clusters/default/x'",
            "777777",
            "blob(b'')",
            isValid: false,
            validate: "kind",
            report: "damaged"
        ),
        .entry(
            "a mode of zero",
            at: "'clusters/default/x'",
            "0",
            "blob(b'')",
            isValid: false,
            validate: "kind",
            report: "damaged"
        ),
        HostileRow(
            name: "a tree that ends early",
            snippet:
                "head = commit(put(base_tree, 'clusters/x', '40000', obj('tree', b'100644 a\\0' + b'1' * 19)), [base])",
            isValid: false,
            validate: "ends early",
            report: "damaged"
        ),
        HostileRow(
            name: "a name without bytes",
            snippet: "head = commit(put(base_tree, 'clusters/x', '40000', tree(('100644', '', blob(b'')))), [base])",
            isValid: false,
            validate: "ends early",
            report: "damaged"
        ),
        .entry(
            "a blob that is a tree",
            at: "'clusters/default/partitions/team-a/b.json'",
            "100644",
            "base_tree",
            isValid: false,
            validate: "another kind",
            report: "damaged"
        ),
        .entry(
            "a folder that is a blob",
            at: "'clusters/x'",
            "40000",
            "blob(b'x')",
            isValid: false,
            validate: "another kind",
            report: "damaged"
        ),
        .entry(
            "a job that is missing",
            at: "'clusters/default/partitions/team-a/b.json'",
            "100644",
            missing,
            isValid: false,
            validate: "missing",
            report: "damaged",
            isParent: false
        ),
        .entry(
            "a folder that is missing",
            at: "'clusters/x'",
            "40000",
            missing,
            isValid: false,
            validate: "missing",
            report: "damaged",
            isParent: false
        ),
        HostileRow(
            name: "a root that is missing",
            snippet: "head = commit(\(missing), [base])",
            isValid: false,
            validate: "missing",
            report: "damaged",
            isParent: false
        ),
        HostileRow(
            name: "a root that is a blob",
            snippet: "head = commit(blob(b'x'), [base])",
            isValid: false,
            validate: "another kind",
            report: "damaged",
            isParent: false
        ),
        HostileRow(
            name: "a parent that is missing",
            snippet: "head = commit(base_tree, [\(missing)])",
            report: "damaged",
            isParent: false
        ),
        HostileRow(
            name: "a tree for a commit",
            snippet: "head = base_tree",
            isValid: false,
            report: "damaged",
            isParent: false
        ),
        HostileRow(
            name: "a tag of a commit",
            snippet: """
                shown = commit(base_tree, [base])
                head = obj('tag', b'object ' + shown.encode() + b'\\ntype commit\\ntag x\\n\\nx\\n')
                """,
            isParent: false
        ),
    ]
}
