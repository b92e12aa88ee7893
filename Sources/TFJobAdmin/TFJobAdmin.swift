import ArgumentParser
import CommandLine
import Service

/// `tfjob-admin`: the verbs of the command line, the service, and the processes that the service starts.
@main
struct TFJobAdmin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tfjob-admin",
        abstract: "Runs distributed TensorFlow training jobs by git push.",
        version: Application.version,
        subcommands: [Serve.self] + Verbs.all + [Supervise.self, Provision.self]
    )
}
