import ArgumentParser
import RESTView

/// `tfjob-admin`: one file a verb, under `Verbs/`.
@main
struct TFJobAdmin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tfjob-admin",
        abstract: "Runs distributed TensorFlow training jobs by git push.",
        version: BuildInformation.current.version,
        subcommands: [
            Serve.self, Validate.self, PlanVerb.self, Status.self, Logs.self, History.self, Wait.self, Hook.self,
            Schema.self, Init.self, Supervise.self,
            Provision.self,
        ]
    )
}
