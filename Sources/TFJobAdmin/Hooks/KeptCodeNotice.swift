import Git
import Jobs

/// Names the jobs whose code a push changed and whose file it did not.
struct KeptCodeNotice: Sendable {
    let old: ObjectID?
    let new: ObjectID
    let client: ServerClient

    /// How many jobs are named.
    private static let namedMost = 20
    /// A job in one of these has not taken its code yet.
    private static let earlyPhases = [Phase.pending, .queued, .held].map(\.rawValue)

    /// One line a job; none where the repository can't be read.
    func lines() async -> [String] {
        guard let old, let repository = try? Repository.openFromEnvironment(),
            let kept = try? await TreeReading(repository, from: old, to: new).keptCode, !kept.isEmpty
        else { return [] }
        let paths = kept.prefix(Self.namedMost).map(\.key.path)
        let history = try? await repository.attributions(of: paths, under: "clusters", at: new)
        var lines: [String] = []
        var answers = true
        for (index, code) in kept.prefix(Self.namedMost).enumerated() {
            var status: JobAnswer.Status?
            if answers {
                do throws(ServerError) {
                    status = try await client.job(code.key, deadline: .milliseconds(500))?.status
                } catch {
                    answers = false
                }
            }
            if let status, status.runCommit.isEmpty, Self.earlyPhases.contains(status.phase) { continue }
            guard status?.runCommit != new.description else { continue }
            let known = status.flatMap { $0.runCommit.isEmpty ? nil : $0.runCommit }
            let commit = known ?? history?[index]?.changed?.commit.description
            lines.append("  " + PlainText.line(code.sentence(commit: commit)))
        }
        if kept.count > Self.namedMost {
            lines.append(
                "  … and \(kept.count - Self.namedMost) more jobs whose code changed; tfjob-admin plan lists them"
            )
        }
        return lines
    }
}
