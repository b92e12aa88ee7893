import Testing

/// A push that is meant to do harm, and what is right.
///
/// A snippet of Python sets `head`: see `hostile_repository.py` for what it can use.
struct HostileRow: Sendable, CustomTestStringConvertible {
    let name: String
    let snippet: String
    /// Whether `validate` ends with 0 for the commit.
    var isValid = true
    /// What `validate` says.
    var validate: String?
    /// What the report of the commit, or `ping`, says.
    var report: String?
    /// Whether a good commit can stand on it; else it stands on the good one before.
    var isParent = true

    var testDescription: String { name }

    /// A commit with the tree of the good one before.
    static func commit(_ name: String, _ arguments: String) -> HostileRow {
        HostileRow(name: name, snippet: "head = commit(base_tree, [base], \(arguments))")
    }

    /// A good commit but for one entry of its tree.
    static func entry(
        _ name: String,
        at path: String,
        _ mode: String,
        _ id: String,
        isValid: Bool = true,
        validate: String? = nil,
        report: String? = nil,
        isParent: Bool = true
    ) -> HostileRow {
        HostileRow(
            name: name,
            snippet: "head = commit(put(base_tree, \(path), \"\(mode)\", \(id)), [base])",
            isValid: isValid,
            validate: validate,
            report: report,
            isParent: isParent
        )
    }
}
