import ArgumentParser
import Foundation
import Git
import Jobs

/// `tfjob-admin plan`: what merging a branch starts, restarts and stops.
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

    @Option(help: ArgumentHelp("Ask this service which of the jobs run now, and since when.", valueName: "url"))
    var server: String?

    @OptionGroup var credentials: ServerCredentials

    func validate() throws {
        if worktree, head != nil {
            throw ValidationError("--worktree is a head of its own: leave --head out")
        }
    }

    func run() async throws {
        var result = try await reportingFailure { try await planned() }
        for note in result.notes {
            tell(note)
        }
        if let server {
            do throws(ServerError) {
                let running = RunningJobs(client: try credentials.client(of: server))
                result.running = try await running.running(result.plan.actions.filter { $0.before != nil }.map(\.key))
            } catch {
                // The plan itself needs no service.
                guard error.kind != .usage else { throw ValidationError("\(error)") }
                tell("note: what runs now is not known: \(error)")
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

    private func planned() async throws -> PlanSource.Result {
        let opened = try Repository.open(around: repository)
        let tree = await WorkTree(around: repository)
        if worktree {
            guard let tree else {
                throw WorkTreeError(
                    description: "there is no work tree at \(PlainText.line(repository)): leave --worktree out"
                )
            }
            return try await tree.withSnapshot { snapshot, commit in
                try await PlanSource(repository: opened, base: base, head: .workTree(snapshot, commit)).result()
            }
        }
        if let tree, try await isCheckedOut(in: opened) {
            try await tellOfUncommittedFiles(in: tree)
        }
        return try await PlanSource(repository: opened, base: base, head: .revision(head ?? "HEAD")).result()
    }

    /// Whether the head is the commit that the work tree was made of.
    private func isCheckedOut(in repository: Repository) async throws -> Bool {
        guard let head else { return true }
        return try await repository.resolve(head) == repository.resolve("HEAD")
    }

    /// How many files are named.
    private static let namedMost = 5

    private func tellOfUncommittedFiles(in tree: WorkTree) async throws {
        let paths = try await tree.uncommittedPaths(under: "clusters").filter { JobPath($0) != .ignored }
        guard !paths.isEmpty else { return }
        let names = paths.prefix(Self.namedMost).map(PlainText.line).joined(separator: ", ")
        let more = paths.count > Self.namedMost ? " and \(paths.count - Self.namedMost) more" : ""
        tell("note: not committed, so not in this plan: \(names)\(more); plan them with --worktree")
    }

    private func tell(_ line: String) {
        StandardError.writeLine(line)
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

/// How the result of `plan` is written.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable {
    case text, markdown, json, github
}

/// A revision that stands for no commit, with the command that may fetch it.
struct MissingRevision: Error, CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - revision: as the user wrote it.
    ///   - flag: where it was written.
    ///   - repository: where it was looked up.
    init(_ revision: String, of flag: String, in repository: Repository) async {
        let name = PlainText.line(revision)
        let command = await Self.command(for: revision, in: repository)
        let advice = command.map { "fetch it (\($0)), or name another" } ?? "name another"
        description = "\(flag) \(name) is no commit of this repository; \(advice)"
    }

    /// A command that git accepts and that makes the revision known, as far as the revision says what to fetch.
    private static func command(for revision: String, in repository: Repository) async -> String? {
        let name = String(revision.prefix { !"~^:@".contains($0) })
        let isID = (4...40).contains(name.utf8.count) && name.allSatisfy { $0.isHexDigit && $0.isASCII }
        if isID, name.utf8.count == 40 { return "git fetch origin \(name)" }
        guard !name.isEmpty, name != "HEAD", !isID, isReferenceName(name) else {
            return await repository.isShallow ? "git fetch --unshallow" : nil
        }
        for prefix in ["refs/remotes/origin/", "remotes/origin/", "origin/"] where name.hasPrefix(prefix) {
            let branch = String(name.dropFirst(prefix.count))
            return "git fetch origin \(ShellText.quoted("\(branch):refs/remotes/origin/\(branch)"))"
        }
        for prefix in ["refs/tags/", "tags/"] where name.hasPrefix(prefix) {
            let tag = "refs/tags/\(name.dropFirst(prefix.count))"
            return "git fetch origin \(ShellText.quoted("\(tag):\(tag)"))"
        }
        let branch = name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
        return "git fetch origin \(ShellText.quoted("\(branch):\(branch)"))"
    }

    /// Whether git takes a name for a reference's: <https://git-scm.com/docs/git-check-ref-format>.
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

/// Words of a shell's command.
enum ShellText {
    /// A word that a POSIX shell reads as the text, quoted only where it has to be.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_-./:=@%+,".utf8.contains(byte)
                }
            }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
