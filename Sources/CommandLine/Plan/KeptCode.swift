import JobFile
import Jobs

/// A job whose code a push changes and whose file it does not: what has started keeps the code that it has.
struct KeptCode: Sendable {
    /// The job.
    let key: JobKey
    /// The folder that changed, as messages name it.
    let folder: String
    /// The value of `rerun` that runs the job with the new code.
    let rerun: Int
    /// Where the job's file names the folder.
    let place: JobFile.Place?

    /// What to tell people.
    ///
    /// - Parameter commit: the commit whose code the job has, or as much of its id as is to be shown.
    func sentence(commit: String?) -> String {
        let code = commit.map { "the code of \($0.prefix(7))" } ?? "the code that it has"
        return "\(folder) changed; \(key.id) keeps \(code); set \"rerun\": \(rerun) to run it again"
    }

    /// The sentence at the place in the job's file.
    func issue(commit: String?) -> Issue {
        Issue(
            path: key.path,
            line: place?.line ?? 1,
            column: place?.column ?? 1,
            pointer: place?.pointer ?? "",
            severity: .warning,
            message: sentence(commit: commit)
        )
    }
}
