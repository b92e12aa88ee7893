import ArgumentParser
import Jobs

/// A verb that other tools have and this one does not. It says what to do instead, and ends with 64.
protocol UnknownVerb: ParsableCommand {
    /// What to do instead.
    static var advice: String { get }
    var rest: [String] { get }
}

extension UnknownVerb {
    static var hidden: CommandConfiguration { CommandConfiguration(shouldDisplay: false) }

    func validate() throws {
        throw ValidationError("jobs are changed by git push alone: \(Self.advice)")
    }
}

/// `tfjob-admin stop`.
struct Stop: UnknownVerb {
    static let configuration = hidden
    static let advice = """
        to stop a job and keep it, set "suspend": true in the runPolicy of its file (tfjob-admin suspend CID/PARTITION/ID edits it), \
        commit and push; to end it for good, remove the file
        """
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}

/// `tfjob-admin cancel`.
struct Cancel: UnknownVerb {
    static let configuration = hidden
    static let advice = Stop.advice
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}

/// `tfjob-admin delete`.
struct Delete: UnknownVerb {
    static let configuration = hidden
    static let advice = """
        git rm the file clusters/<cid>/partitions/<partition>/<id>.json, commit and push; its run is stopped and the job removed
        """
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}

/// `tfjob-admin list`.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(shouldDisplay: false)
    @Argument(parsing: .allUnrecognized) var rest: [String] = []

    func validate() throws {
        throw ValidationError("jobs are listed by tfjob-admin status")
    }
}
