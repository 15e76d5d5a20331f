"""Documents: text to parsed, limit-checked and validated, kept in one bounded cache."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from graphql import GraphQLError, GraphQLSchema, parse, specified_rules, validate
from graphql.execution.values import VariableValues
from graphql.language import (
    SKIP,
    ArgumentNode,
    DocumentNode,
    FragmentDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableDefinitionNode,
    VisitorAction,
)
from graphql.type import GraphQLInputType
from graphql.utilities import validate_input_literal
from graphql.validation import ASTValidationRule, ValuesOfCorrectTypeRule

from app import services
from app.graphql import cost
from app.graphql import limits as limits_module
from app.graphql.asking import asks_once
from app.graphql.document_text import TextExceededError, check_text
from app.graphql.errors import ErrorEntry, entry_of
from app.graphql.projection import Projections
from app.graphql.variables import Readers, Variables
from app.values import value

ERRORS_MAX: Final = 5
_DIGEST_CHARACTERS: Final = 16


class DocumentRefusedError(Exception):
    """The document cannot be run; `entries` say why, ready to be sent."""

    def __init__(self, entries: list[ErrorEntry]) -> None:
        super().__init__("the document was refused")
        self.entries = entries


class _ValuesRule(ValuesOfCorrectTypeRule):
    """As graphql-core's rule, but a wrong value is the caller's input and is told by its path."""

    _place: str = ""

    def enter_argument(self, node: ArgumentNode, *_args: object) -> None:
        self._place = node.name.value

    def enter_variable_definition(self, node: VariableDefinitionNode, *_args: object) -> None:
        self._place = node.variable.name.value

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        if input_type:

            def on_error(error: GraphQLError, path: list[str | int]) -> None:
                error.extensions = {"code": services.FaultCode.BAD_USER_INPUT, "inputPath": [self._place, *path]}
                self.report_error(error)

            validate_input_literal(node, input_type, on_error, None, None, self.context.hide_suggestions)
        return SKIP


_RULES: Final[tuple[type[ASTValidationRule], ...]] = tuple(
    _ValuesRule if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules
)


@value
class Document:
    """A document that is within its limits and valid against the schema."""

    tree: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    fragments: Mapping[str, FragmentDefinitionNode]
    # Whether some choice of variables could ask for too many nodes: then each request is counted.
    may_be_heavy: bool
    # The beginning of the text's SHA-256, by which a log tells documents apart.
    digest: str
    # By the operation's name.
    prices: Mapping[str, cost.Price]
    variables: Mapping[str, Variables]
    # The names of the operations that read only once.
    asking_once: frozenset[str]
    projections: Projections

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation of this name, or the only one; raises BadInput where there is none."""
        if name is None:
            if len(self.operations) == 1:
                return self.operations[0]
            raise services.BadInput("The document has several operations: operationName must choose one.")
        for operation in self.operations:
            if operation.name and operation.name.value == name:
                return operation
        raise services.BadInput("The document has no operation of that operationName.")

    def requested(
        self,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        limits: limits_module.Limits,
    ) -> int:
        """Return the most points that an operation can come to with these variables."""
        return self.price(operation).requested(self.fragments, variables, limits)

    def price(self, operation: OperationDefinitionNode) -> cost.Price:
        """Return what is known of an operation's cost from the document alone."""
        return self.prices[_name_of(operation)]

    def read_variables(self, operation: OperationDefinitionNode, given: Mapping[str, object]) -> VariableValues | None:
        """Return the values of an operation's variables, or None where graphql-core is to read them."""
        return self.variables[_name_of(operation)].read(given)

    def asks_once(self, operation: OperationDefinitionNode) -> bool:
        """Tell whether an operation reads only once, and needs no snapshot."""
        return _name_of(operation) in self.asking_once

    def asks_of_the_schema_alone(self, operation: OperationDefinitionNode) -> bool:
        """Tell whether an operation is about the schema, and so about nobody's money."""
        return self.price(operation).of_schema_alone

    def introspects(self, operation: OperationDefinitionNode) -> bool:
        """Tell whether an operation asks what the schema is like."""
        return self.price(operation).introspects

    def check_nodes(
        self,
        operation: OperationDefinitionNode,
        variables: Mapping[str, object],
        limits: limits_module.Limits,
    ) -> None:
        """Raise BadInput where the operation, with these variables, asks for too many nodes."""
        if not self.may_be_heavy:
            return
        count = cost.NodeCounter(operation, self.fragments, variables, limits).count()
        if count > limits.nodes_max:
            raise services.BadInput(
                f"The operation may come to {count} nodes; at most {limits.nodes_max} are answered at once."
                " Ask for smaller pages."
            )


def _name_of(operation: OperationDefinitionNode) -> str:
    return operation.name.value if operation.name else ""


def _untie(tree: DocumentNode) -> None:
    """Part the words of a document's text, each of which holds the one before and the one after it.

    A document that is kept no more is gone at once then, and need not wait for the collector, which seldom looks among
    what has lived for long. A place in the text is told by its offsets, so that nothing misses the chain.
    """
    word = tree.loc.start_token if tree.loc else None
    while word is not None:
        word.prev, word.next, word = None, None, word.next


def is_mutation(operation: OperationDefinitionNode) -> bool:
    """Tell whether an operation may change something."""
    return operation.operation is OperationType.MUTATION


class Documents:
    """One bounded cache of checked documents, the least recently used going first."""

    def __init__(self, schema: GraphQLSchema, limits: limits_module.Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._readers = Readers()
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def find(self, source: str) -> Document:
        """Return the document of a text; raises DocumentRefusedError with its errors."""
        known = self._kept.get(source)
        if known is not None:
            self._kept.move_to_end(source)
            return known
        made = self._check(source, self._parse(source))
        self._keep(source, made)
        return made

    def _parse(self, source: str) -> DocumentNode:
        limits = self._limits
        try:
            check_text(source, limits)
            tree = parse(
                source,
                max_lexical_tokens=limits.tokens_max,
                max_comments=limits.comments_max,
                max_source_length=limits.characters_max,
                allow_empty_selection_sets=False,
            )
        except TextExceededError as exceeded:
            raise DocumentRefusedError([entry_of(GraphQLError(exceeded.message), exceeded.code)]) from None
        except GraphQLError as error:
            raise DocumentRefusedError([entry_of(error, services.FaultCode.GRAPHQL_PARSE_FAILED)]) from None
        _untie(tree)
        return tree

    def _check(self, source: str, tree: DocumentNode) -> Document:
        limits = self._limits
        errors = limits_module.check_document(tree, limits) or validate(
            self._schema, tree, _RULES, max_errors=ERRORS_MAX, hide_suggestions=True
        )
        if errors:
            raise DocumentRefusedError(
                [entry_of(error, services.FaultCode.GRAPHQL_VALIDATION_FAILED) for error in errors]
            )
        operations = tuple(limits_module.operations_of(tree))
        fragments = limits_module.fragments_of(tree)
        prices = {_name_of(operation): cost.price_of(operation, fragments, limits) for operation in operations}
        heavy = any(price.nodes > limits.nodes_max for price in prices.values())
        digest = hashlib.sha256(source.encode()).hexdigest()[:_DIGEST_CHARACTERS]
        variables = {_name_of(operation): Variables(self._schema, operation, self._readers) for operation in operations}
        once = frozenset(
            _name_of(operation) for operation in operations if asks_once(self._schema, operation, fragments)
        )
        return Document(tree, operations, fragments, heavy, digest, prices, variables, once, Projections(fragments))

    def _keep(self, source: str, document: Document) -> None:
        self._kept[source] = document
        self._characters += len(source)
        while len(self._kept) > self._limits.documents_cached_max or (
            self._characters > self._limits.documents_cached_characters_max and len(self._kept) > 1
        ):
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)
