public import ArgumentParser

/// The verbs of `tfjob-admin` that users call, except `serve`: one folder each.
public enum Verbs {
    /// In the order in which `--help` lists them.
    public static let all: [any ParsableCommand.Type] = [
        Validate.self, PlanVerb.self, Status.self, Logs.self, History.self, Wait.self, Hook.self, Schema.self,
        Init.self,
    ]
}
