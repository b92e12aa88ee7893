public import ArgumentParser
import JobFile

/// The verbs of `tfjob-admin` for users, except `serve`. Each has its own folder.
public enum Verbs {
    /// All verbs in the order of `--help`.
    public static let all: [any ParsableCommand.Type] = [
        Validate.self, PlanVerb.self, Status.self, Logs.self, History.self, Events.self, Runs.self, CommitVerb.self,
        Wait.self, Rerun.self, Suspend.self, Resume.self, Hook.self, Schema.self, Init.self, Stop.self, Cancel.self,
        Delete.self, List.self,
    ]
}

/// `tfjob-admin schema`: prints the schema with which editors complete and check job files.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the JSON Schema (draft 2020-12) of the job file."
    )

    func run() {
        print(JobSchema.document(), terminator: "")
    }
}
