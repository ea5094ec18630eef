"""What is read of the rules of versions."""

from rollouts.contracts.models import Contract, Rules


def rules_of(contract: Contract) -> Rules:
    """The contract's rules; without any, those that ask for nothing."""
    return Rules.objects.filter(contract=contract).first() or Rules(contract=contract)
