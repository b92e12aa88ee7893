import ArgumentParser
import JobFile
import Jobs

/// `tfjob-admin schema`: what editors complete and check job files by.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the JSON Schema (draft 2020-12) of the job file."
    )

    func run() {
        print(JobSchema.document(), terminator: "")
    }
}
