import JobFile
import Jobs

/// A job whose code a push changes without changing its file. A started run keeps its old code.
struct KeptCode: Sendable {
    let key: JobKey
    /// The name of the changed folder in messages.
    let folder: String
    /// The value of `rerun` that starts a run with the new code.
    let rerun: Int
    /// The position in the job file that names the folder.
    let place: JobFile.Place?
    /// The commit of the code that the job probably has.
    var commit: String?

    /// The message to the user.
    ///
    /// - Parameter commit: the id of the commit whose code the job has, or its beginning.
    func sentence(commit: String?) -> String {
        let code = commit.map { "the code of \($0.prefix(7))" } ?? "the code that it has"
        return "\(folder) changed; \(key.id) keeps \(code); set \"rerun\": \(rerun) to run it again"
    }

    /// The message as an issue at its position in the job file.
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

/// A job that depends on one that runs again, and that does not run again itself.
struct Dependent: Sendable {
    let key: JobKey
    /// The job that runs again.
    let dependency: JobKey
    /// The value of `rerun` that runs the job again.
    let rerun: Int
    /// The place of the dependency in the job file.
    let place: Dependency

    /// The message as an issue at its position in the job file.
    var issue: Issue {
        Issue(
            path: key.path,
            line: place.line,
            column: place.column,
            pointer: place.pointer,
            severity: .warning,
            message:
                "\(key.id) depends on \(dependency.id) and is not run again; set its \"rerun\": \(rerun) to run it again"
        )
    }
}
