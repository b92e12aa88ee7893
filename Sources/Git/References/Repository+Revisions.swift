import CLibGit2

/// The commit of a revision that a user wrote.
public struct Revision: Sendable, Equatable {
    /// The commit.
    public let commit: ObjectID
    /// A sentence with the other possible meanings; nil if there are none.
    public let ambiguity: String?
}

extension Repository {
    /// Resolves a revision: a branch, a tag, `HEAD~2`, the first digits of an id.
    ///
    /// A branch comes before a tag of the same name. Git prefers the tag, which would let a user who may push tags
    /// choose what others compare with. For the rest see <https://git-scm.com/docs/gitrevisions>.
    ///
    /// - Returns: nil if there is no such revision or it is not a commit.
    /// - Throws: ``GitError/library(_:doing:)`` if several objects match.
    public func revision(_ text: String) throws(GitError) -> Revision? {
        try handle.revision(text)
    }

    /// The commit of ``revision(_:)``.
    public func resolve(_ text: String) throws(GitError) -> ObjectID? {
        try revision(text)?.commit
    }

    /// The commit of the first existing reference of a list.
    ///
    /// - Parameter names: whole names, such as `refs/remotes/origin/main`.
    public func firstCommit(of names: [String]) throws(GitError) -> ObjectID? {
        for name in names {
            if let target = try handle.target(of: name) { return try handle.peel(target) }
        }
        return nil
    }

    /// The name of the current branch's upstream in its own repository, for example `main`; nil without an upstream.
    public func upstreamName() -> String? {
        guard let name = handle.upstreamName(of: "") else { return nil }
        let steps = name.split(separator: "/", omittingEmptySubsequences: false)
        // The name of a branch of this repository is `refs/heads/…`, of another one `refs/remotes/<remote>/…`.
        let isRemote = name.hasPrefix("refs/remotes/") && steps.count > 3
        return steps.dropFirst(isRemote ? 3 : 2).joined(separator: "/")
    }

    /// The newest commit of the current branch's upstream; nil without an upstream.
    public func upstream() throws(GitError) -> ObjectID? {
        guard let name = handle.upstreamName(of: "") else { return nil }
        return try firstCommit(of: [name])
    }
}

/// One step from a commit to an ancestor.
enum RevisionStep: Equatable {
    /// `~n`: n first parents back.
    case back(Int)
    /// `^n`: the n-th parent; 0 is the commit itself.
    case parent(Int)

    /// Parses `name~2^3`.
    ///
    /// - Returns: nil for other forms, for example `:/text` and `main@{yesterday}`.
    static func parse(_ text: String) -> (name: String, steps: [RevisionStep])? {
        guard !text.contains(":"), !text.contains("^{/") else { return nil }
        let name = text.prefix { $0 != "~" && $0 != "^" }
        guard !name.isEmpty, !name.contains("@{") || hasUpstream(name) else { return nil }
        var rest = text[name.endIndex...]
        var steps: [RevisionStep] = []
        while let sign = rest.popFirst() {
            if sign == "^", rest.hasPrefix("{") {
                guard let end = rest.firstIndex(of: "}"), ["{", "{commit"].contains(rest[..<end]) else { return nil }
                rest = rest[rest.index(after: end)...]
                continue
            }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard sign == "~" || sign == "^", digits.isEmpty || Int(digits) != nil else { return nil }
            let number = Int(digits) ?? 1
            steps.append(sign == "~" ? .back(number) : .parent(number))
            rest = rest[digits.endIndex...]
        }
        return (String(name), steps)
    }

    static let upstreamEndings = ["@{upstream}", "@{u}"]

    private static func hasUpstream(_ name: Substring) -> Bool {
        upstreamEndings.contains { name.lowercased().hasSuffix($0) && !name.dropLast($0.count).contains("@{") }
    }
}

extension RepositoryHandle {
    func commit(of revision: String) throws(GitError) -> ObjectID? {
        try self.revision(revision)?.commit
    }

    fileprivate func revision(_ text: String) throws(GitError) -> Revision? {
        guard let (name, steps) = RevisionStep.parse(text), let (object, ambiguity) = try named(name) else {
            // Also for names like `v1.0-3-gabcdef0`.
            return try parsed(text).map { Revision(commit: $0, ambiguity: nil) }
        }
        guard var commit = try peel(object) else { return nil }
        let boundary = shallowBoundary()
        for step in steps {
            guard let next = try follow(step, from: commit, boundary) else { return nil }
            commit = next
        }
        return Revision(commit: commit, ambiguity: ambiguity)
    }

    /// The references that a name may mean, branches first.
    private static func candidates(_ name: String) -> [String] {
        let isWhole = name.hasPrefix("refs/") || name.allSatisfy { $0.isASCII && ($0.isUppercase || $0 == "_") }
        let whole = isWhole ? [name] : []
        return whole + ["heads/", "", "tags/", "remotes/"].map { "refs/\($0)\(name)" } + ["refs/remotes/\(name)/HEAD"]
    }

    /// Resolves the name of a revision without its steps.
    fileprivate func named(_ name: String) throws(GitError) -> (object: ObjectID, ambiguity: String?)? {
        for ending in RevisionStep.upstreamEndings where name.lowercased().hasSuffix(ending) {
            guard let upstream = upstreamName(of: String(name.dropLast(ending.count))),
                let target = try target(of: upstream)
            else { return nil }
            return (target, nil)
        }
        var found: [(name: String, object: ObjectID)] = []
        for candidate in Self.candidates(name == "@" ? "HEAD" : name) {
            if let target = try target(of: candidate) {
                found.append((candidate, target))
            }
        }
        if name.utf8.count == 2 * ObjectID.size, let object = try id(ofDigits: name) {
            return (
                object, found.first.map { "\"\(name)\" is ambiguous: the object of that name is used, not \($0.name)" }
            )
        }
        guard let first = found.first else { return try id(ofDigits: name).map { ($0, nil) } }
        let others = found.dropFirst().filter { $0.object != first.object }.map(\.name)
        let ambiguity =
            others.isEmpty
            ? nil
            : "\"\(name)\" is ambiguous: \(first.name) is used, not \(others.joined(separator: ", ")); write the whole name to choose"
        return (first.object, ambiguity)
    }

    /// Finds the object whose id begins with some digits, at least 4.
    private func id(ofDigits digits: String) throws(GitError) -> ObjectID? {
        let count = digits.utf8.count
        guard (4...2 * ObjectID.size).contains(count),
            digits.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let start = ObjectID(digits + String(repeating: "0", count: 2 * ObjectID.size - count))
        else { return nil }
        var (short, whole) = (start.raw, git_oid())
        let code = unsafe useObjects { unsafe git_odb_exists_prefix(&whole, $0, &short, count) }
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try checkResult(code, "revision \(digits)")
        return ObjectID(whole)
    }

    /// The whole name of a branch's upstream; nil without an upstream.
    ///
    /// - Parameter branch: the short name; empty for the current branch.
    fileprivate func upstreamName(of branch: String) -> String? {
        var buffer = unsafe git_buf()
        defer { unsafe git_buf_dispose(&buffer) }
        let code = unsafe use { repository in
            guard branch.isEmpty || branch == "HEAD" || branch == "@" else {
                return unsafe git_branch_upstream_name(&buffer, repository, "refs/heads/\(branch)")
            }
            var head: OpaquePointer?
            defer { unsafe git_reference_free(head) }
            guard unsafe git_reference_lookup(&head, repository, "HEAD") == 0,
                let name = unsafe git_reference_symbolic_target(head)
            else { return GIT_ENOTFOUND.rawValue }
            return unsafe git_branch_upstream_name(&buffer, repository, name)
        }
        guard code == 0, let name = unsafe buffer.ptr else { return nil }
        return unsafe String(cString: name)
    }

    /// The ancestor after a step; nil if there is none.
    fileprivate func follow(
        _ step: RevisionStep,
        from commit: ObjectID,
        _ boundary: Set<ObjectID>
    ) throws(GitError) -> ObjectID? {
        switch step {
        case .back(let count):
            var commit = commit
            for _ in 0..<count {
                guard let parent = try node(commit, boundary).parents.first else { return nil }
                commit = parent
            }
            return commit
        case .parent(0): return commit
        case .parent(let number):
            let parents = try node(commit, boundary).parents
            return number <= parents.count ? parents[number - 1] : nil
        }
    }

    /// Resolves the other forms of a revision by libgit2.
    fileprivate func parsed(_ text: String) throws(GitError) -> ObjectID? {
        do throws(LibraryFailure) {
            let object = try unsafe owned(freeing: { unsafe git_object_free($0) }) { made, repository in
                unsafe git_revparse_single(&made, repository, text)
            }
            return try unsafe object.use { (object: OpaquePointer) throws(LibraryFailure) in
                let commit = try unsafe Owned(freeing: { unsafe git_object_free($0) }) { made in
                    unsafe git_object_peel(&made, object, GIT_OBJECT_COMMIT)
                }
                return unsafe commit.use { unsafe ObjectID(git_object_id($0).pointee) }
            }
        } catch {
            switch error.code {
            case GIT_ENOTFOUND.rawValue, GIT_EINVALIDSPEC.rawValue, GIT_EPEEL.rawValue: return nil
            default: throw .library(error, doing: "revision \(text)")
            }
        }
    }
}
