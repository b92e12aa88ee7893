import ArgumentParser
import Foundation
import Git
import Jobs

/// `tfjob-admin plan`: shows which jobs start, restart and stop when a branch is merged.
struct PlanVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what merging a branch does: what starts, restarts and stops, and what that costs.",
        discussion: """
            Compares --head with the commit at which it left --base. It needs no service and no cluster.

            Ends with 0, with 1 where a changed job file can't be applied, and with --detailed-exitcode with 2 where there is
            something to do.
            """
    )

    @Option(help: ArgumentHelp("What to merge into. (default: the upstream branch, else main)", valueName: "rev"))
    var base: String?

    @Option(help: ArgumentHelp("What to merge. (default: HEAD)", valueName: "rev"))
    var head: String?

    @Flag(help: "Plan the work tree in place of a commit: what git add --all and git commit would make of it.")
    var worktree = false

    @Option(help: ArgumentHelp("The repository. (default: the one around this folder)", valueName: "path"))
    var repository = "."

    @Option(help: "text, markdown (for a pull request), json, or github (workflow annotations).")
    var format = PlanFormat.text

    @Flag(help: "End with 2 where there is something to do.")
    var detailedExitcode = false

    @Option(
        help: ArgumentHelp(
            "Ask this service which of the jobs run now, since when, and what runs in all.",
            valueName: "url"
        )
    )
    var server: String?

    @OptionGroup var credentials: ServerCredentials

    @OptionGroup var clusters: ClusterOptions

    func validate() throws {
        if worktree, head != nil {
            throw ValidationError("--worktree is a head of its own: leave --head out")
        }
    }

    func run() async throws {
        let known = try await ClusterOptions.knownClusters(clusters, server, credentials)
        var result = try await reportingFailure { try await makePlan(known) }
        for note in result.notes {
            StandardError.writeLine(note)
        }
        if let server {
            do throws(ServerError) {
                let known =
                    result.plan.actions.filter { $0.before != nil }.map(\.key) + result.dependents.map(\.key)
                    + result.keptCode.prefix(Self.askedMost).map(\.key)
                result.service = try await ServiceJobs(
                    try credentials.client(of: server),
                    Set(known).sorted(),
                    result.plan.resources.map { PartitionKey(cluster: $0.cluster, partition: $0.partition) }
                )
            } catch {
                // The plan itself needs no service.
                guard error.kind != .usage else { throw ValidationError("\(error)") }
                StandardError.writeLine("note: what runs now is not known: \(error)")
            }
        }
        print(try text(of: result), terminator: "")
        if result.issues.contains(where: { $0.severity == .error }) {
            throw ExitCode.failure
        }
        if detailedExitcode, !result.plan.actions.isEmpty {
            throw ExitCode(2)
        }
    }

    private func makePlan(_ clusters: KnownClusters) async throws -> PlanSource.Result {
        let opened = try Repository.open(around: repository)
        let tree = await WorkTree(around: repository)
        if worktree {
            guard let tree else {
                throw WorkTreeError(
                    description: "there is no work tree at \(PlainText.line(repository)): leave --worktree out"
                )
            }
            return try await tree.withSnapshot { snapshot, commit in
                let head = PlanSource.Head.workTree(snapshot, commit)
                return try await PlanSource(repository: opened, base: base, head: head, clusters: clusters).readResult()
            }
        }
        if let tree, try await isCheckedOut(in: opened) {
            try await reportUncommittedFiles(in: tree)
        }
        let head = PlanSource.Head.revision(head ?? "HEAD")
        return try await PlanSource(repository: opened, base: base, head: head, clusters: clusters).readResult()
    }

    /// Whether the head is the commit that is checked out.
    private func isCheckedOut(in repository: Repository) async throws -> Bool {
        guard let head else { return true }
        return try await repository.resolve(head) == repository.resolve("HEAD")
    }

    /// The maximum number of jobs that keep their code and whose state is asked for.
    private static let askedMost = 200

    /// The maximum number of listed files.
    private static let namedMost = 5

    private func reportUncommittedFiles(in tree: WorkTree) async throws {
        let paths = try await tree.uncommittedPaths(under: JobPath.root).filter { JobPath($0) != .ignored }
        guard !paths.isEmpty else { return }
        let names = paths.prefix(Self.namedMost).map(PlainText.line).joined(separator: ", ")
        let more = paths.count > Self.namedMost ? " and \(paths.count - Self.namedMost) more" : ""
        StandardError.writeLine(
            "note: not committed, so not in this plan: \(names)\(more); plan them with --worktree"
        )
    }

    private func text(of result: PlanSource.Result) throws -> String {
        switch format {
        case .text: PlanText(result, usesColour: Terminal.usesColour).text
        case .markdown: PlanMarkdown(result).text
        case .json: try PlanDocument(result).text()
        case .github: PlanAnnotations(result).text
        }
    }
}

/// The output format of `plan`.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
    case text, markdown, json, github
}

extension CommandError {
    /// Creates an error for a revision that does not name a commit. The text contains a command that may fetch it.
    ///
    /// - Parameters:
    ///   - revision: the revision as the user wrote it.
    ///   - flag: the flag with the revision.
    ///   - repository: the repository that was searched.
    static func missingRevision(
        _ revision: String,
        of flag: String,
        in repository: Repository
    ) async -> CommandError {
        let name = PlainText.line(revision)
        let command = await fetchCommand(for: revision, in: repository)
        let advice = command.map { "fetch it (\($0)), or name another" } ?? "name another"
        return CommandError("\(flag) \(name) is no commit of this repository; \(advice)")
    }

    /// Returns the git command that fetches the revision, or nil if the revision does not name anything to fetch.
    private static func fetchCommand(for revision: String, in repository: Repository) async -> String? {
        let name = String(revision.prefix { !"~^:@".contains($0) })
        let isID = (4...40).contains(name.utf8.count) && name.allSatisfy { $0.isHexDigit && $0.isASCII }
        if isID, name.utf8.count == 40 { return "git fetch origin \(name)" }
        guard !name.isEmpty, name != "HEAD", !isID, isReferenceName(name) else {
            return await repository.isShallow ? "git fetch --unshallow" : nil
        }
        for prefix in ["refs/remotes/origin/", "remotes/origin/", "origin/"] where name.hasPrefix(prefix) {
            let branch = String(name.dropFirst(prefix.count))
            return "git fetch origin \(ShellWord.shown("\(branch):refs/remotes/origin/\(branch)"))"
        }
        for prefix in ["refs/tags/", "tags/"] where name.hasPrefix(prefix) {
            let tag = "refs/tags/\(name.dropFirst(prefix.count))"
            return "git fetch origin \(ShellWord.shown("\(tag):\(tag)"))"
        }
        let branch = name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
        return "git fetch origin \(ShellWord.shown("\(branch):\(branch)"))"
    }

    /// Whether the name is valid for a reference: <https://git-scm.com/docs/git-check-ref-format>.
    private static func isReferenceName(_ name: String) -> Bool {
        guard !name.hasPrefix("-"), !name.hasSuffix("."), !name.hasSuffix("/"), !name.contains("..") else {
            return false
        }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock")
        }
            && name.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0.value != 0x7F && !"?*[\\".unicodeScalars.contains($0)
            }
    }
}
