import ArgumentParser
import JobFile
import Jobs

/// `tfjob-admin rerun`: edits a job file so that the job runs again.
struct Rerun: EditVerb {
    static let configuration = makeConfiguration(
        "Edits a job's file so that the job runs again, with the newest code: adds 1 to its \"rerun\"."
    )
    static let edit = JobFileEdit.rerun

    @OptionGroup var target: EditTarget

    static func commitMessage(_ id: String) -> String { "Run \(id) again" }
}

/// `tfjob-admin suspend`: edits a job file so that the job stops and is kept.
struct Suspend: EditVerb {
    static let configuration = makeConfiguration(
        "Edits a job's file so that its run is stopped and kept: sets \"suspend\" in its \"runPolicy\" to true."
    )
    static let edit = JobFileEdit.suspend(true)

    @OptionGroup var target: EditTarget

    static func commitMessage(_ id: String) -> String { "Suspend \(id)" }
}

/// `tfjob-admin resume`: edits a job file so that a suspended job goes on.
struct Resume: EditVerb {
    static let configuration = makeConfiguration(
        "Edits a job's file so that its suspended run goes on, with the code that it has: sets \"suspend\" to false."
    )
    static let edit = JobFileEdit.suspend(false)

    @OptionGroup var target: EditTarget

    static func commitMessage(_ id: String) -> String { "Resume \(id)" }
}

/// The job whose file a verb edits.
struct EditTarget: ParsableArguments {
    @Argument(help: ArgumentHelp("The job.", valueName: "cid/partition/id"))
    var job: String

    @Option(help: ArgumentHelp("The work tree. (default: the one around this folder)", valueName: "path"))
    var repository = "."
}

/// A verb that changes one value of a job file in the work tree. It commits and pushes nothing.
protocol EditVerb: AsyncParsableCommand {
    static var edit: JobFileEdit { get }
    var target: EditTarget { get }

    /// The message of the commit for the user to make.
    static func commitMessage(_ id: String) -> String
}

extension EditVerb {
    static func makeConfiguration(_ abstract: String) -> CommandConfiguration {
        CommandConfiguration(
            abstract: abstract,
            discussion: """
                Changes nothing else of the file, shows what it changed and the git commands that carry it out, and commits and pushes \
                nothing.
                """
        )
    }

    func run() async throws {
        let key: JobKey
        do throws(ServerError) {
            key = try JobKey(argument: target.job)
        } catch {
            StandardError.writeMessage("\(error)")
            throw error.exitCode
        }
        let text = try await reportingFailure {
            let file = try await EditedFile(key, around: target.repository)
            return try await file.applyEdit(Self.edit, commit: Self.commitMessage(key.id))
        }
        try StandardOutput.write(text)
    }
}

extension JobFileEdit {
    /// Says that a job is already as the edit makes it.
    func sentence(about key: JobKey) -> String {
        switch self {
        case .rerun: "\(key) is to run again already"
        case .suspend(true): "\(key) is suspended already: nothing to do"
        case .suspend(false): "\(key) is not suspended: nothing to do"
        }
    }
}
